// Who may be known: consent, Google's consent mode, Do Not Track, Global Privacy Control, and what is kept of a visitor. Without his
// consent there is no id, no request, and the original. tests/browser/site.mjs has the website.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {analytics, counted, debug, experiment, film, html, ready, startWebsite, textOf, visitor} from './site.mjs';
import {until} from './system.mjs';

let browser;
let door;
let site;
let close;
let key;
let number = 0;

before(async () => ({browser, door, site, close} = await startWebsite()));

after(() => close?.());

beforeEach(async () => {
  door.reset();
  key = await experiment(`consent-${++number}`, [{text: 'New'}, {text: 'New'}]);
});

const heading = (options, head) => site.page(`/${key}`, html(door, `<h1 data-test="${key}">Old</h1><button data-test-goal="${key}">Buy</button>`, {options, head}));

/** The page shows the original and knows nobody, whatever the visitor does. */
async function knowsNobody(page, context) {
  await ready(page);
  await page.getByRole('button').click();
  await page.waitForTimeout(200);
  assert.equal(await textOf(page, key), 'Old');
  assert.deepEqual([(await film(page)).seen, (await film(page)).hidden], [['Old'], 0]);
  assert.deepEqual([door.calls, await context.cookies()], [[], []]);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
}

test('consent that was not given, given later, and taken back', async () => {
  const {page, context, complaints} = await visitor(browser);
  await page.goto(heading({consent: 'required'}));
  await knowsNobody(page, context);
  await page.evaluate(() => globalThis.mab.consent(true));
  await page.getByText('New').waitFor();
  assert.equal((await film(page)).hidden, 0, 'what was seen is not hidden');
  assert.equal((await context.cookies()).length, 1);
  await counted(key, 1, 0);
  await page.getByRole('button').click();
  await counted(key, 1, 1);
  await page.evaluate(() => globalThis.mab.consent(false));
  assert.equal(await textOf(page, key), 'Old');
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  door.calls.length = 0;
  await page.getByRole('button').click();
  await page.evaluate((name) => document.body.insertAdjacentHTML('beforeend', `<p data-test="${name}">Old</p>`), key);
  await page.waitForTimeout(200);
  assert.equal(await page.locator('p').textContent(), 'Old');
  assert.deepEqual(door.calls, []);
  assert.deepEqual(complaints, []);
  await context.close();
});

const gtag = `<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }</script>`;
const defaults = (state, more = '') => `${gtag}<script>gtag('consent', 'default', {ad_storage: 'denied', analytics_storage: '${state}'${more}});</script>`;

test('Google consent mode: denied by default, granted by an update, denied again', async () => {
  const {page, context, complaints} = await visitor(browser);
  await page.goto(heading({consent: 'gcm'}, defaults('denied')));
  await knowsNobody(page, context);
  await page.evaluate(() => globalThis.gtag('consent', 'update', {ad_storage: 'granted'}));
  await knowsNobody(page, context);
  await page.evaluate(() => globalThis.gtag('consent', 'update', {analytics_storage: 'granted'}));
  await page.getByText('New').waitFor();
  await counted(key, 1, 0);
  await page.evaluate(() => globalThis.gtag('consent', 'update', {analytics_storage: 'denied'}));
  assert.equal(await textOf(page, key), 'Old');
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('consent that is taken back on a later page, on which nothing began, leaves nothing', async () => {
  const {page, context} = await visitor(browser);
  const left = async () => [(await context.cookies()).length, (await page.evaluate(() => Object.keys(localStorage))).length];
  const begin = async (address, grant) => {
    await page.goto(address);
    await page.evaluate(grant);
    await page.getByText('New').waitFor();
    assert.equal((await left())[0], 1);
  };
  const required = heading({consent: 'required'});
  await begin(required, () => globalThis.mab.consent(true));
  await page.goto(required);
  assert.equal((await left())[0], 1, 'not asked yet');
  await page.evaluate(() => globalThis.mab.consent(false));
  assert.deepEqual(await left(), [0, 0]);

  const google = heading({consent: 'gcm'}, defaults('denied'));
  await begin(google, () => globalThis.gtag('consent', 'update', {analytics_storage: 'granted'}));
  await page.goto(google);
  await ready(page);
  assert.equal((await left())[0], 1, 'a default is no answer');
  await page.evaluate(() => globalThis.gtag('consent', 'update', {analytics_storage: 'denied'}));
  assert.deepEqual(await left(), [0, 0]);
  await context.close();
});

test('Google consent mode: granted by default works at once', async () => {
  const {page, context} = await visitor(browser);
  await page.goto(heading({consent: 'gcm'}, defaults('granted')));
  await page.getByText('New').waitFor();
  assert.deepEqual((await film(page)).seen, ['New']);
  await counted(key, 1, 0);
  await context.close();
});

test('Google consent mode: no word of it, and defaults for regions, grant nothing', async () => {
  for (const head of ['', gtag, defaults('granted', `, region: ['US']`), defaults('denied', `, region: ['DE']`) + defaults('granted')]) {
    const {page, context} = await visitor(browser);
    await page.goto(heading({consent: 'gcm'}, head));
    await knowsNobody(page, context);
    await context.close();
  }
});

test('Do Not Track and Global Privacy Control, where the site listens to them', async () => {
  const signs = {dnt: () => Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'}), gpc: () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})};
  for (const [option, sign] of Object.entries(signs)) {
    door.reset();
    const {page, context} = await visitor(browser);
    await page.addInitScript(sign);
    await page.goto(heading({[option]: 1}));
    await knowsNobody(page, context);
    await page.evaluate(() => globalThis.mab.consent(true));
    await knowsNobody(page, context);
    await context.close();

    const other = await visitor(browser);
    await other.page.goto(heading({[option]: 1}));
    await other.page.getByText('New').waitFor();
    await other.context.close();
  }
  const {page, context} = await visitor(browser);
  await page.addInitScript(signs.dnt);
  await page.goto(heading());
  await page.getByText('New').waitFor();
  await context.close();
});

test('the id: cookie and local storage restore each other, and what is no id is replaced', async () => {
  const {page, context} = await visitor(browser);
  const address = heading({days: 30});
  await page.goto(address);
  await ready(page);
  const idOf = async () => (await context.cookies()).find(({name}) => name === 'mab_id');
  const first = await idOf();
  assert.match(first.value, /^\d+-\d+-\d+-\d+$/);
  assert.equal(first.sameSite, 'Lax');
  assert.ok(Math.abs(first.expires - Date.now() / 1000 - 30 * 86400) < 100);
  await context.clearCookies();
  await page.reload();
  await ready(page);
  assert.equal((await idOf()).value, first.value, 'from local storage');
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await ready(page);
  assert.equal(await page.evaluate(() => localStorage.mab_id), first.value, 'from the cookie');
  await context.addCookies([{name: 'mab_id', value: 'set-by-the-shop.42', url: address}]);
  await page.reload();
  await ready(page);
  assert.equal(await page.evaluate(() => localStorage.mab_id), 'set-by-the-shop.42', 'the site may set it');
  await context.clearCookies();
  await context.addCookies([{name: 'mab_id', value: 'no id!', url: address}]);
  await page.evaluate(() => localStorage.removeItem('mab_id'));
  await page.reload();
  await ready(page);
  assert.match((await idOf()).value, /^\d+-\d+-\d+-\d+$/);
  const sent = door.to(/assign/).map(({body}) => body.user_id);
  assert.deepEqual([sent[0], sent[1], sent[2]], [first.value, first.value, first.value]);
  await context.close();
});

test('where nothing can be kept nobody is counted', async () => {
  const {page, context, complaints} = await visitor(browser);
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'localStorage', {get: () => { throw new DOMException('no', 'SecurityError'); }});
    Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}});
  });
  await page.goto(heading());
  await ready(page);
  await page.waitForTimeout(200);
  assert.equal(await textOf(page, key), 'Old');
  assert.deepEqual([door.calls, complaints], [[], []]);
  await context.close();
});

test('storage that is full or forbidden: the cookie is enough, and conversions go out all the same', async () => {
  const {page, context, complaints} = await visitor(browser);
  await page.addInitScript(() => Object.defineProperty(globalThis, 'localStorage', {get: () => { throw new DOMException('no', 'SecurityError'); }}));
  await page.goto(heading());
  await page.getByText('New').waitFor();
  await counted(key, 1, 0);
  await page.getByRole('button').click();
  await counted(key, 1, 1);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a preview by the address: shown, and counted nowhere', async () => {
  const forced = await experiment('forced', [{text: 'A'}, {text: 'B'}, {text: 'C'}]);
  const address = site.page('/preview', html(door, `<h1 data-test="${forced}">Old</h1><p data-test="${key}">Other</p><button data-test-goal="${forced},${key}">Buy</button>`,
    {head: '<script>window.dataLayer = [];</script>'}));
  for (const [variant, text] of [['a', 'A'], ['b', 'B'], ['c', 'C'], ['nothing', 'Old']]) {
    const {page, context, complaints} = await visitor(browser);
    await page.goto(`${address}?utm=1&mab_force=${forced}:${variant}`);
    await ready(page);
    await page.getByRole('button').click();
    await page.evaluate((name) => globalThis.mab.convert(name), forced);
    await page.waitForTimeout(150);
    assert.equal(await textOf(page, forced), text);
    assert.equal(await textOf(page, key), 'Other');
    assert.deepEqual(await context.cookies(), []);
    assert.deepEqual(await page.evaluate(() => globalThis.dataLayer), []);
    assert.deepEqual(complaints, []);
    await context.close();
  }
  assert.ok(door.calls.length >= 4 && door.calls.every(({path, body}) => path === '/api/assign' && body.user_id === 'preview'));
  assert.deepEqual([(await analytics(forced)).exposures, (await analytics(key)).exposures], [0, 0]);
});

test('a preview obeys consent, and leaves alone what an earlier page could not send', async () => {
  const preview = `?mab_force=${key}:b`;
  const {page, context} = await visitor(browser);
  await page.goto(heading({consent: 'required'}) + preview);
  await knowsNobody(page, context);
  await page.evaluate(() => globalThis.mab.consent(true));
  await page.getByText('New').waitFor();
  assert.deepEqual(await context.cookies(), []);
  await context.close();

  const refusing = await visitor(browser);
  door.reset();
  await refusing.page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true}));
  await refusing.page.goto(heading({gpc: 1}) + preview);
  await knowsNobody(refusing.page, refusing.context);
  await refusing.context.close();

  const earlier = await visitor(browser);
  door.mode = {down: true, only: /expose|convert/};
  const address = heading();
  await earlier.page.goto(address);
  await earlier.page.getByText('New').waitFor();
  await until('it waits', async () => (await debug(earlier.page)).outbox.length === 1);
  const waiting = await earlier.page.evaluate(() => JSON.parse(localStorage.mab_id_outbox)[0].b);
  await earlier.page.goto(site.page('/blank', '<h1>Blank</h1>'));
  door.reset();
  await earlier.page.goto(address + preview);
  await earlier.page.getByText('New').waitFor();
  await earlier.page.waitForTimeout(300);
  assert.deepEqual(door.calls.map(({path}) => path), ['/api/assign']);
  assert.deepEqual(await earlier.page.evaluate(() => JSON.parse(localStorage.mab_id_outbox)[0].b), waiting);
  await earlier.context.close();
});

test('a page that is prerendered counts when it is opened', async () => {
  const {page, context} = await visitor(browser);
  await page.addInitScript(() => {
    let prerendering = true;
    Object.defineProperty(Document.prototype, 'prerendering', {get: () => prerendering});
    globalThis.open = () => {
      prerendering = false;
      document.dispatchEvent(new Event('prerenderingchange'));
    };
  });
  await page.goto(heading());
  await page.waitForTimeout(200);
  assert.deepEqual([door.calls, await context.cookies()], [[], []]);
  await page.evaluate(() => globalThis.open());
  await page.getByText('New').waitFor();
  await counted(key, 1, 0);
  await until('nothing is left', async () => (await debug(page)).outbox.length === 0);
  await context.close();
});
