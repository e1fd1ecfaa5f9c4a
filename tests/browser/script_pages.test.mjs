// The script tag on pages as they are: what the visitor sees and when, and what the server counted. tests/browser/site.mjs has the
// website.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {analytics, counted, debug, experiment, film, html, ready, scriptAddress, startWebsite, textOf, visitor} from './site.mjs';
import {until} from './system.mjs';

// Keys that are parsed within 100 ms of each other go into one request. A machine that is busy may take longer, even for a small page.
async function checkRequests(page) {
  const parsedMs = await page.evaluate(() => {
    const [{domInteractive}] = performance.getEntriesByType('navigation');
    return domInteractive - performance.getEntriesByType('resource').find(({name}) => name.includes('mab-script')).responseEnd;
  });
  assert.ok(door.to(/assign/).length <= (parsedMs < 100 ? 1 : 2), `${door.to(/assign/).length} requests, parsed in ${parsedMs} ms`);
}

let browser;
let door;
let site;
let close;

before(async () => ({browser, door, site, close} = await startWebsite({ignoreDefaultArgs: ['--disable-back-forward-cache']})));

after(() => close?.());

test('a static page: one request, no flicker, counted once, and the same variant again', async () => {
  const [hero, button] = await Promise.all([experiment('static', [{text: 'Ship today'}, {text: 'Ship today'}]), experiment('static-cta', [{text: 'Buy'}, {text: 'Buy'}])]);
  door.reset();
  door.mode = {delay: 150, only: /assign/};
  const address = site.page('/static', html(door, `<h1 data-test="${hero}">Welcome</h1><p>Text</p><button data-test="${button}">Order</button>`));
  const {page, context, complaints} = await visitor(browser);
  await page.goto(address);
  await ready(page);
  assert.equal(await textOf(page, hero), 'Ship today');
  const {seen, hidden, shift} = await film(page, hero);
  assert.deepEqual(seen, ['Ship today']);
  assert.ok(hidden < 700, `hidden for ${hidden} ms`);
  assert.equal(shift, 0);
  await until('both are exposed', () => door.to(/expose/).length);
  await checkRequests(page);
  assert.deepEqual(door.to(/assign/).flatMap(({body}) => body.experiments), [hero, button]);
  assert.equal(door.to(/assign/)[0].body.expose, false);
  assert.match(door.to(/assign/)[0].headers['content-type'], /^text\/plain/);
  assert.equal(door.to(/assign/)[0].headers.cookie, undefined);
  await until('both', () => door.to(/expose/).flatMap(({body}) => body.experiments).length === 2);
  assert.equal(door.calls.some(({method}) => method === 'OPTIONS'), false);
  await counted(hero, 1, 0);
  await counted(button, 1, 0);
  const exposures = door.to(/expose/).length;
  const first = await page.evaluate((key) => globalThis.mab.get(key).key, hero);
  await page.reload();
  await ready(page);
  assert.equal(await page.evaluate((key) => globalThis.mab.get(key).key, hero), first);
  await page.waitForTimeout(200);
  assert.equal(door.to(/expose/).length, exposures, 'who is counted is not exposed again');
  await counted(hero, 1, 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the control stays what it is, and counts', async () => {
  const key = await experiment('control', [null, null]);
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/control', html(door, `<h1 data-test="${key}">Wel<b>come</b></h1>`)));
  await ready(page);
  assert.equal(await page.locator('h1').innerHTML(), 'Wel<b>come</b>');
  assert.deepEqual((await film(page)).seen, ['Welcome']);
  await counted(key, 1, 0);
  await context.close();
});

test('what is not on the screen is not counted until it is', async () => {
  const key = await experiment('below', [{text: 'New'}, {text: 'New'}]);
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/below', html(door, `<div style="height:3000px"></div><p data-test="${key}">Old</p>`)));
  await ready(page);
  assert.equal(await textOf(page, key), 'New');
  await page.waitForTimeout(300);
  assert.equal((await analytics(key)).exposures, 0);
  await page.locator('p').scrollIntoViewIfNeeded();
  await counted(key, 1, 0);
  await context.close();
});

test('elements that come late are asked for, hidden meanwhile, and an element without a mark is left alone', async () => {
  const [early, late] = await Promise.all([experiment('early', [{text: 'A new'}, {text: 'A new'}]), experiment('late', [{text: 'B new'}, {text: 'B new'}])]);
  door.reset();
  door.mode = {delay: 100, only: /assign/};
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/late', html(door, `<h1 data-test="${early}">A</h1><main></main>`)));
  await ready(page);
  await page.evaluate((key) => {
    document.querySelector('main').innerHTML = `<section><p data-test="${key}">B</p><p data-test="${key}">B</p></section>`;
  }, late);
  await page.getByText('B new').first().waitFor();
  assert.equal(await page.getByText('B new').count(), 2);
  assert.deepEqual((await film(page, late)).seen, ['B new']);
  assert.equal(door.to(/assign/).length, 2);
  await counted(late, 1, 0);
  await page.evaluate((key) => document.querySelector('main').insertAdjacentHTML('beforeend', `<i data-test="${key}">B</i>`), late);
  await page.waitForTimeout(100);
  assert.equal(await page.locator('i').textContent(), 'B new');
  assert.equal(door.to(/assign/).length, 2, 'what is known is not asked for again');
  await context.close();
});

test('what a framework renders again is changed again, and it may render what it likes', async () => {
  const key = await experiment('render', [{text: 'Variant', attributes: {title: 'new', style: {color: 'rgb(1, 2, 3)'}}}, {text: 'Variant', attributes: {title: 'new', style: {color: 'rgb(1, 2, 3)'}}}]);
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page('/render', html(door, `<div id="root"><h1 data-test="${key}" title="old">Count 0</h1></div>`)));
  await page.getByText('Variant').waitFor();
  // As React does: the text node's data, the text content, a new element.
  for (const render of [
    () => (document.querySelector('h1').firstChild.nodeValue = 'Count 1'),
    () => (document.querySelector('h1').textContent = 'Count 2'),
    () => document.querySelector('h1').setAttribute('title', 'other'),
    () => document.querySelector('h1').style.setProperty('color', 'red'),
    () => document.querySelector('h1').replaceWith(document.querySelector('h1').cloneNode(true)),
    () => (document.querySelector('#root').innerHTML = document.querySelector('#root').innerHTML.replace('Variant', 'Count 3')),
  ]) {
    await page.evaluate(render);
    await page.waitForTimeout(20);
    assert.deepEqual(await page.evaluate(() => {
      const {title, textContent, style} = document.querySelector('h1');
      return [title, textContent, style.color];
    }), ['new', 'Variant', 'rgb(1, 2, 3)'], String(render));
  }
  assert.deepEqual((await film(page)).seen, ['Variant'], 'in no frame was anything else');
  await page.evaluate(() => document.querySelector('h1').removeAttribute('data-test'));
  await page.waitForTimeout(20);
  assert.notEqual(await page.locator('h1').textContent(), 'Variant', 'without the mark it is given back');
  await counted(key, 1, 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('whoever fights over an element gets it, and the page does not hang', async () => {
  const key = await experiment('fight', [{text: 'Variant'}, {text: 'Variant'}]);
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/fight', html(door, `<h1 data-test="${key}">Mine</h1><script>
    addEventListener('load', () => { const one = document.querySelector('h1'); let n = 0;
      new MutationObserver(() => { if (one.textContent !== 'Mine') { window.fights = ++n; one.textContent = 'Mine'; } })
        .observe(one, {childList: true, characterData: true, subtree: true}); one.textContent = 'Mine'; });
  </script>`)));
  await page.waitForFunction(() => globalThis.fights > 5);
  await page.waitForTimeout(300);
  assert.equal(await page.locator('h1').textContent(), 'Mine');
  assert.ok(await page.evaluate(() => globalThis.fights) < 30);
  await context.close();
});

test('a single-page application: routes, reused elements, back and forth', async () => {
  const [home, shop] = await Promise.all([experiment('spa-home', [{text: 'Home new'}, {text: 'Home new'}]), experiment('spa-shop', [{text: 'Shop new'}, {text: 'Shop new'}])]);
  door.reset();
  const {page, context, complaints} = await visitor(browser);
  const app = `<div id="app"></div><script>
    const routes = {'/spa': ['h1', ${JSON.stringify(home)}, 'Home'], '/spa/shop': ['h1', ${JSON.stringify(shop)}, 'Shop'], '/spa/plain': ['h1', null, 'Plain']};
    const one = document.createElement('h1'); one.append('x'); document.querySelector('#app').append(one);
    function render() { const [, key, text] = routes[location.pathname];
      if (key) one.setAttribute('data-test', key); else one.removeAttribute('data-test'); one.firstChild.nodeValue = text; }
    window.go = (path) => { history.pushState({}, '', path); render(); };
    addEventListener('popstate', render); render();
  </script>`;
  await page.goto(site.page('/spa', html(door, app)));
  await page.getByText('Home new').waitFor();
  await page.evaluate(() => globalThis.go('/spa/shop'));
  await page.getByText('Shop new').waitFor();
  await page.evaluate(() => globalThis.go('/spa/plain'));
  await page.waitForTimeout(50);
  assert.equal(await page.locator('h1').textContent(), 'Plain');
  await page.goBack();
  await page.waitForTimeout(50);
  assert.equal(await page.locator('h1').textContent(), 'Shop new');
  await page.goBack();
  await page.waitForTimeout(50);
  assert.equal(await page.locator('h1').textContent(), 'Home new');
  assert.equal(door.to(/assign/).length, 2);
  assert.equal(await page.locator('h1').evaluate((one) => getComputedStyle(one).visibility), 'visible');
  await counted(home, 1, 0);
  await counted(shop, 1, 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('fifty marked elements: one request, an exposure call or two, no shift', async () => {
  const keys = await Promise.all(Array.from({length: 50}, (_, index) => experiment(`fifty-${index}`, [{text: `new ${index}`}, {text: `new ${index}`}])));
  door.reset();
  door.mode = {delay: 80, only: /assign/};
  const {page, context} = await visitor(browser, {viewport: {width: 1000, height: 1400}});
  await page.goto(site.page('/fifty', html(door, keys.map((key, index) => `<p data-test="${key}" style="margin:2px">old ${index}</p>`).join(''))));
  await ready(page);
  assert.deepEqual(await page.locator('p').allTextContents(), keys.map((_, index) => `new ${index}`));
  const {seen, shift} = await film(page);
  assert.ok(seen.every((text) => text.startsWith('new')));
  assert.ok(shift < 0.01, `shift ${shift}`);
  await until('exposed', () => door.to(/expose/).length);
  await page.waitForTimeout(300);
  await checkRequests(page);
  assert.deepEqual(door.to(/assign/).flatMap(({body}) => body.experiments), keys);
  assert.ok(door.to(/expose/).length <= 2);
  await Promise.all(keys.map((key) => counted(key, 1, 0)));
  await context.close();
});

test('a hundred and fifty keys go in requests of at most a hundred, and unknown ones stay as they are', async () => {
  door.reset();
  const {page, context} = await visitor(browser);
  const marked = Array.from({length: 150}, (_, index) => `<i data-test="unknown-${index}">old</i>`).join(' ') + `<i data-test="Not a key!">old</i><i data-test="${'x'.repeat(90)}">old</i>`;
  await page.goto(site.page('/many', html(door, marked)));
  await ready(page);
  const asked = () => door.to(/assign/).flatMap(({body}) => body.experiments);
  await until('all are asked for', () => asked().length === 150);
  await until('all are shown as they were', () => page.evaluate(() => [...document.querySelectorAll('i')].every((one) => getComputedStyle(one).visibility === 'visible')));
  assert.equal(new Set(asked()).size, 150);
  assert.ok(door.to(/assign/).every(({body}) => body.experiments.length <= 100));
  assert.ok(await page.evaluate(() => [...document.querySelectorAll('i')].every((one) => one.textContent === 'old')));
  assert.equal(door.to(/expose/).length, 0);
  await context.close();
});

test('back and forward through the cache: the page is what it was, and counts nobody twice', async () => {
  const key = await experiment('bfcache', [{text: 'New'}, {text: 'New'}]);
  const {page, context, complaints} = await visitor(browser);
  const first = site.page('/bf', html(door, `<h1 data-test="${key}">Old</h1><script>addEventListener('pageshow', (event) => { window.restored = event.persisted; });</script>`));
  await page.goto(first);
  await page.getByText('New').waitFor();
  await counted(key, 1, 0);
  await page.goto(site.page('/other', html(door, '<h1>Other</h1>')));
  await page.evaluate(() => history.back());
  await page.getByText('New').waitFor();
  assert.equal(await page.evaluate(() => globalThis.restored), true, 'it came from the cache');
  assert.deepEqual((await film(page)).seen, ['New']);
  await page.evaluate((name) => document.body.insertAdjacentHTML('beforeend', `<p data-test="${name}">Old</p>`), key);
  await page.waitForTimeout(100);
  assert.equal(await page.locator('p').textContent(), 'New', 'it is still at work');
  await counted(key, 1, 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('injected as Google Tag Manager does: after the paint nothing is hidden, and the data layer hears of it', async () => {
  const key = await experiment('gtm', [{text: 'New'}, {text: 'New'}]);
  const {page, context, complaints} = await visitor(browser);
  const body = `<h1 data-test="${key}">Old</h1><script>
    window.dataLayer = [{event: 'gtm.js'}];
    setTimeout(() => { const s = document.createElement('script'); s.async = true; s.src = ${JSON.stringify(scriptAddress(door))}; document.head.append(s); }, 400);
  </script>`;
  await page.goto(site.page('/gtm', html(door, body, {tag: null})));
  await page.getByText('New').waitFor();
  const {seen, hidden} = await film(page);
  assert.deepEqual([seen, hidden], [['Old', 'New'], 0]);
  await counted(key, 1, 0);
  const variant = await page.evaluate((name) => globalThis.mab.get(name).key, key);
  const layer = await page.evaluate(() => globalThis.dataLayer);
  assert.ok(layer.some((one) => one.event === 'mab_assigned' && one.experiment === key && one.variant === variant));
  assert.ok(layer.some((one) => one.event === 'experience_impression' && one.exp_variant_string === `MAB-${key}-${variant}`));
  assert.ok(!JSON.stringify(layer).includes((await context.cookies()).find(({name}) => name === 'mab_id').value));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the script twice, window.mabConfig, the promise, the events, and no global but mab', async () => {
  const key = await experiment('twice', [{text: 'New'}, {text: 'New'}]);
  door.reset();
  const {page, context, complaints} = await visitor(browser);
  const head = `<script>window.before = Object.keys(window); window.heard = [];
    for (const name of ['assigned', 'exposed']) document.addEventListener('mab:' + name, ({detail}) => heard.push([name, detail.experiment, detail.variant]));
    window.mabConfig = {endpoint: ${JSON.stringify(door.origin)}, cookie: 'own', experiments: ['${key}', 'nothing-like-it'], debug: true};</script>
    <script src="${scriptAddress({origin: 'http://nowhere.invalid'})}"></script>`;
  await page.goto(site.page('/twice', html(door, `<h1 data-test="${key}">Old</h1>`, {head})));
  await ready(page);
  await counted(key, 1, 0);
  const found = await page.evaluate((name) => ({heard: globalThis.heard, variant: globalThis.mab.get(name), nothing: globalThis.mab.get('nothing-like-it'),
    globals: Object.keys(globalThis).filter((one) => !globalThis.before.includes(one) && !['before', 'heard', 'mabConfig', 'film'].includes(one))}), key);
  assert.deepEqual(found.heard, [['assigned', key, found.variant.key], ['exposed', key, found.variant.key]]);
  assert.deepEqual([found.variant.payload, found.nothing, found.globals], [{text: 'New'}, undefined, ['mab']].map((one) => one ?? undefined));
  assert.equal(door.to(/assign/).length, 1);
  assert.deepEqual((await context.cookies()).map(({name}) => name), ['own']);
  assert.ok((await debug(page)).problems.some((text) => text.includes('EXPERIMENT_NOT_FOUND')));
  assert.deepEqual(complaints, []);
  await context.close();
});
