// What payloads do to a page, and what hostile ones can't, under a policy that allows the script and nothing inline.
// tests/browser/site.mjs has the website.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {analytics, counted, debug, experiment, film, html, ready, startWebsite, visitor} from './site.mjs';
import {until, url} from './system.mjs';

let browser;
let door;
let site;
let close;
let number = 0;

before(async () => ({browser, door, site, close} = await startWebsite()));

after(() => close?.());

// The strictest policy that is documented.
const policy = () => ({'content-security-policy': `default-src 'none'; img-src data:; script-src ${url}; connect-src ${door.origin}`});

/** A page that shows the payload on the element: {page, context, complaints, key}. */
async function shown(payload, element = (key) => `<h1 data-test="${key}">Old</h1>`, headers = policy()) {
  const key = await experiment(`payload-${++number}`, [payload, payload]);
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page(`/p/${key}`, html(door, element(key)), headers));
  await ready(page);
  await page.waitForTimeout(50);
  return {page, context, complaints, key};
}

test('text, a plain string, HTML, attributes and styles, under the strictest policy', async () => {
  for (const [payload, element, expected] of [
    [{text: '<b>5 > 3 & "x"</b>'}, undefined, '<h1>&lt;b&gt;5 &gt; 3 &amp; "x"&lt;/b&gt;</h1>'],
    ['Plain', undefined, '<h1>Plain</h1>'],
    [{text: 'All'}, (key) => `<h1 data-test="${key}">Old <i>and</i> new</h1>`, '<h1>All</h1>'],
    [{html: 'A <b class="x" title="y">bold</b> <a href="/buy?a=1&amp;b=2" target="_blank">offer</a><br><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">'}, undefined,
      '<h1>A <b class="x" title="y">bold</b> <a href="/buy?a=1&amp;b=2" target="_blank">offer</a><br><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt=""></h1>'],
    [{attributes: {href: 'https://shop.example/b', class: 'big', title: 'T', style: {color: 'red', 'font-weight': '700'}}}, (key) => `<a data-test="${key}" href="/a" class="small">Go</a>`,
      '<a href="https://shop.example/b" class="big" style="color: red; font-weight: 700;" title="T">Go</a>'],
    [{text: 'Both', attributes: {hidden: null, disabled: ''}}, (key) => `<button data-test="${key}">Old</button>`, '<button disabled="">Both</button>'],
    [{anything: [1, 2]}, undefined, '<h1>Old</h1>'],
    [[1, 2], undefined, '<h1>Old</h1>'],
    [42, undefined, '<h1>Old</h1>'],
    [{text: 7, html: {}, attributes: 'x', redirect: 5, hide: 'yes'}, undefined, '<h1>Old</h1>'],
  ]) {
    const {page, context, complaints, key} = await shown(payload, element);
    const outer = await page.locator('[data-test]').evaluate((one) => one.outerHTML);
    assert.equal(outer.replace(/ data-test="[^"]*"/, '').replace(' style=""', ''), expected, JSON.stringify(payload));
    assert.deepEqual(complaints, [], JSON.stringify(payload));
    await counted(key, 1, 0);
    await context.close();
  }
});

test('a style in HTML is set without breaking the policy', async () => {
  const {page, context} = await shown({html: '<b style="color: rgb(1, 2, 3); position: fixed; background: url(https://evil.example/x)">x</b>'});
  assert.deepEqual(await page.locator('b').evaluate(({style}) => [style.color, style.position, style.background]), ['rgb(1, 2, 3)', '', '']);
  await context.close();
  const styles = ['background: var(--none, url(/loaded))', 'background: v\\61r(--none, url(/loaded))', 'background: env(none, url(/loaded))', 'background-image: var(--none, url(/loaded))',
    '--x: url(/loaded); background-image: var(--x)', '--x: url(/loaded); list-style: var(--x)'];
  const hidden = await shown({html: styles.map((style) => `<b style="${style}; color: red">x</b>`).join('')}, undefined, {});
  for (const index of styles.keys()) {
    const style = await hidden.page.locator('b').nth(index).getAttribute('style');
    assert.ok(!/url|loaded|env/.test(style) && style.includes('color: red'), `${styles[index]}: ${style}`);
    assert.deepEqual(await hidden.page.locator('b').nth(index).evaluate((one) => [getComputedStyle(one).backgroundImage, getComputedStyle(one).listStyleImage]), ['none', 'none']);
  }
  await hidden.context.close();
});

test('hidden elements take no room, and count where half of them would have been seen', async () => {
  const tall = (name) => `<div style="height:2000px"></div><div style="text-align:right"><b data-test="${name}" style="display:inline-block;width:300px;height:360px;padding:20px">Old</b></div><i>next</i>`;
  const {page, context, key} = await shown({hide: true}, tall, {});
  const [hidden, i] = await Promise.all([page.locator('b').evaluate((one) => [getComputedStyle(one).visibility, one.offsetHeight]), page.locator('i').evaluate((one) => one.getBoundingClientRect().top)]);
  assert.deepEqual(hidden, ['hidden', 400]);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), page.viewportSize().width, 'the page is no wider');
  assert.ok(i < 2030, `the next one is at ${i}`);
  assert.equal(await page.getByText('Old').isVisible(), false);
  // 190 of 400 pixels are no half, as for a variant that is shown.
  await page.evaluate(() => scrollTo(0, document.querySelector('b').getBoundingClientRect().top + scrollY + 190 - innerHeight));
  await page.waitForTimeout(300);
  assert.equal((await analytics(key)).exposures, 0);
  await page.evaluate(() => scrollBy(0, 20));
  await counted(key, 1, 0);
  await context.close();
});

const HOSTILE = [
  '<script>window.hacked = 1</script>', '<img src=x onerror="hacked=1">', '<svg onload="hacked=1"><script>hacked=1</script></svg>', '<svg><animate onbegin="hacked=1" attributeName=x dur=1s>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hacked=1&gt;">', '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
  '<iframe src="javascript:parent.hacked=1"></iframe>', '<object data="javascript:hacked=1"></object>', '<embed src="javascript:hacked=1">', '<a href="javascript:hacked=1" id="bad">x</a>',
  '<a href="java&#10;script:hacked=1" class="bad">x</a>', '<a href=" &#1;javascript:hacked=1" class="bad">x</a>', '<a href="data:text/html,<script>hacked=1</script>" class="bad">x</a>',
  '<a href="JaVaScRiPt&colon;hacked=1" class="bad">x</a>', '<a href="vbscript:hacked=1" class="bad">x</a>', '<form action="javascript:hacked=1"><button class="bad">x</button></form>',
  '<button formaction="javascript:hacked=1" class="bad">x</button>', '<input autofocus onfocus="hacked=1">', '<details open ontoggle="hacked=1"><summary>x</summary></details>',
  '<video><source onerror="hacked=1"></video>', '<body onload="hacked=1">', '<meta http-equiv="refresh" content="0;url=javascript:hacked=1">', '<base href="https://evil.example/">',
  '<link rel="stylesheet" href="https://evil.example/x.css">', '<style>*{display:none}</style>', '<noscript><p title="</noscript><img src=x onerror=hacked=1>">', '<template><img src=x onerror=hacked=1></template>',
  '<x-evil onclick="hacked=1" class="bad">x</x-evil>', '<b is="x-evil">x</b>', '<img id="mab" name="mab" src="x">', '<a id="cookie" name="cookie" href="/x">x</a>', '<b data-test="other" onmouseover="hacked=1">x</b>',
  '<textarea><img src=x onerror=hacked=1></textarea>', '<xmp><img src=x onerror=hacked=1></xmp>', '<plaintext><img src=x onerror=hacked=1>', '<select><option><img src=x onerror=hacked=1>', '<a"b onclick=hacked=1>x</a"b>', '<b ONCLICK="hacked=1" class="bad">x</b>',
  '<b style="position:fixed;inset:0;z-index:9" onclick="hacked=1" class="bad">x</b>', '<a xlink:href="javascript:hacked=1" class="bad">x</a>', '<table background="javascript:hacked=1"><td background="javascript:hacked=1">x',
  `${'<b>'.repeat(3000)}deep`,
];

test('hostile HTML: nothing runs, loads, submits or clobbers, with no policy to help', async () => {
  const keys = await Promise.all(HOSTILE.map((payload) => experiment(`hostile-${++number}`, [{html: payload}, {html: payload}])));
  const {page, context, complaints} = await visitor(browser);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(site.page('/hostile', html(door, keys.map((key) => `<div data-test="${key}">Old</div>`).join('') + '<p data-test="after">After</p>',
    {head: '<script>window.hacked = 0;</script>'})));
  await ready(page);
  await page.evaluate(() => customElements.define('x-evil', class extends HTMLElement { constructor() { super(); globalThis.hacked = 1; } }));
  for (const one of await page.locator('.bad, #bad').all()) await one.dispatchEvent('click');
  await page.locator('b').first().hover({force: true});
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => globalThis.hacked), 0);
  assert.equal(page.url(), `${site.origin}/hostile`);
  assert.deepEqual(asked.filter((address) => !address.startsWith(site.origin) && !address.startsWith(door.origin) && !address.startsWith(url) && !address.startsWith('data:')), []);
  const found = await page.evaluate(() => {
    const inside = [...document.querySelectorAll('[data-test] *')];
    return {
      elements: [...new Set(inside.map(({localName}) => localName))].sort(),
      attributes: [...new Set(inside.flatMap((one) => one.getAttributeNames()))].sort(),
      addresses: inside.map((one) => one.getAttribute('href')).filter(Boolean),
      clobbered: [typeof globalThis.mab.get, typeof document.cookie],
    };
  });
  assert.deepEqual(found.elements.filter((name) => !['a', 'b', 'button', 'details', 'img', 'summary', 'table', 'tbody', 'tr', 'td', 'p'].includes(name)), []);
  assert.deepEqual(found.attributes.filter((name) => !['class', 'href', 'src', 'style', 'title', 'open', 'type'].includes(name)), []);
  assert.deepEqual(found.addresses.filter((address) => address !== '/x'), []);
  assert.deepEqual(found.clobbered, ['function', 'string']);
  assert.deepEqual(complaints.filter((text) => !text.includes('404')), []);
  await context.close();
});

test('hostile attributes and redirects: left out, and the rest is applied', async () => {
  const attributes = {onclick: 'hacked=1', ONMOUSEOVER: 'hacked=1', href: 'javascript:hacked=1', src: 'data:text/html,x', srcdoc: '<script>hacked=1</script>', id: 'mab', name: 'mab',
    formaction: 'javascript:hacked=1', 'data-test': 'other', 'x"y': '1', '': '1', title: 'fine', style: {position: 'fixed', 'z-index': '9', background: 'url(javascript:1)', color: 'red', behavior: 'url(#x)', cssText: 'x'}};
  const {page, context, complaints} = await shown({attributes}, (key) => `<a data-test="${key}" href="/a">Go</a>`);
  const found = await page.locator('a').evaluate((one) => one.outerHTML.replace(/ data-test="[^"]*"/, ''));
  assert.equal(found, '<a href="/a" style="color: red;" title="fine">Go</a>');
  assert.deepEqual(complaints, []);
  await context.close();
  for (const redirect of ['javascript:document.title="hacked"', 'data:text/html,x', '/relative', 'ftp://x', '', ' https://x', 'http://[']) {
    const one = await shown({redirect});
    assert.equal(await one.page.locator('h1').textContent(), 'Old', redirect);
    assert.equal(await one.page.locator('h1').isVisible(), true, redirect);
    assert.deepEqual(one.complaints, []);
    await one.context.close();
  }
});

test('what surrounds the page, embeds or loads something is never changed', async () => {
  const {page, context} = await shown({text: 'window.hacked = 1'}, (key) => `<script data-test="${key}" type="text/plain">x</script><style data-test="${key}">b{}</style><p data-test="${key}">Old</p>`);
  assert.deepEqual(await page.evaluate(() => [document.querySelector('body script').textContent, document.querySelector('style').textContent, globalThis.hacked]), ['x', 'b{}', undefined]);
  await context.close();
});

test('a page whose <html>, <head>, <base> or frame is marked stays as it is', async () => {
  const attributes = {href: 'https://evil.example/', src: 'https://evil.example/', title: 'changed'};
  const payload = {text: 'New', attributes};
  const key = await experiment(`never-${++number}`, [payload, payload]);
  const {page, context} = await visitor(browser);
  const marks = ['html', 'head', 'base', 'meta', 'link', 'iframe', 'object', 'embed'];
  const body = `<iframe></iframe><object></object><embed><h1 data-test="${key}">Old</h1>`;
  const content = html(door, body, {head: '<base href="/"><link rel="prefetch">'}).replace(/<(html|head|base|meta|link|iframe|object|embed)\b/g, `$& data-test="${key}"`);
  await page.goto(site.page('/never', content));
  await page.locator('h1').getByText('New').waitFor();
  assert.deepEqual(await page.evaluate((names) => names.filter((name) => document.querySelector(`${name}[title], ${name}[src]`)), marks), []);
  assert.equal(await page.evaluate(() => document.baseURI), `${site.origin}/`);
  await counted(key, 1, 0);
  await context.close();
});

test('a broken payload affects its own element, which shows the original and counts nothing', async () => {
  const [broken, fine] = [await experiment(`broken-${++number}`, [{redirect: 'https://['}, {redirect: 'https://['}]), await experiment(`fine-${++number}`, [{text: 'New'}, {text: 'New'}])];
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page('/broken', html(door, `<h1 data-test="${broken}">Old</h1><h2 data-test="${fine}">Old</h2>`), policy()));
  await ready(page);
  assert.deepEqual([await page.locator('h1').textContent(), await page.locator('h2').textContent()], ['Old', 'New']);
  assert.equal(await page.locator('h1').isVisible(), true);
  await counted(fine, 1, 0);
  assert.equal((await analytics(broken)).exposures, 0);
  assert.ok((await debug(page)).problems.some((text) => text.includes(broken)));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a form with a field that is called style, and the elements after it', async () => {
  const key = await experiment(`clobbered-${++number}`, [{text: 'New'}, {text: 'New'}]);
  const {page, context, complaints} = await visitor(browser);
  await page.goto(site.page('/clobbered', html(door, `<main></main>`)));
  await ready(page);
  await page.evaluate((name) => {
    document.querySelector('main').innerHTML = ['style', 'getAttribute', 'isConnected'].map((field) => `<form data-test="${name}"><input name="${field}"></form>`).join('') + `<h1 data-test="${name}">Old</h1>`;
  }, key);
  await page.locator('h1').getByText('New').waitFor();
  assert.equal(await page.locator('form').first().textContent(), 'New');
  await counted(key, 1, 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a redirect: counted, with what the visitor came with, once, and back leads past it', async () => {
  const target = site.page('/landing-b', html(door, '<h1>Landing B</h1>'));
  const key = await experiment(`redirect-${++number}`, [{redirect: target}, {redirect: target}]);
  const {page, context} = await visitor(browser);
  await page.goto(site.page('/start', '<h1>Start</h1>'));
  const address = site.page('/landing-a', html(door, '<h1>Landing A</h1>').replace('<body>', `<body data-test="${key}">`));
  await page.goto(`${address}?utm_source=mail`);
  await page.waitForURL('**/landing-b?utm_source=mail');
  await page.getByText('Landing B').waitFor();
  await counted(key, 1, 0);
  await page.goBack();
  await page.getByText('Start').waitFor();
  // The page that it leads to is marked too: it stays.
  site.page('/landing-b', html(door, '<h1>Landing B</h1>').replace('<body>', `<body data-test="${key}">`));
  await page.goto(target);
  await ready(page);
  await page.waitForTimeout(200);
  assert.equal(page.url(), target);
  assert.equal(await page.getByText('Landing B').isVisible(), true);
  await context.close();
});

test('a redirect to the same page with another query leads there, and no further', async () => {
  const address = site.page('/by-query', '');
  const key = await experiment(`query-${++number}`, [{redirect: `${address}?v=1`}, {redirect: `${address}?v=1`}]);
  site.page('/by-query', html(door, '<h1>Page</h1>').replace('<body>', `<body data-test="${key}">`));
  const {page, context} = await visitor(browser);
  for (const query of ['', '?v=10', '?av=1']) {
    await page.goto(address + query);
    await page.waitForURL('**/by-query?v=1');
    await page.evaluate(() => sessionStorage.clear());
  }
  for (const query of ['?v=1', '?v=1&utm_source=mail', '?utm_source=mail&v=1#top']) {
    await page.goto(address + query);
    await ready(page);
    await page.waitForTimeout(200);
    assert.equal(page.url(), address + query);
    assert.equal(await page.getByText('Page').isVisible(), true);
  }
  await counted(key, 1, 0);
  await context.close();
});

test('two pages that redirect to each other do not go in circles', async () => {
  const [one, other] = ['/circle-a', '/circle-b'].map((path) => site.origin + path);
  const [first, second] = [await experiment(`circle-${++number}`, [{redirect: other}, {redirect: other}]), await experiment(`circle-${++number}`, [{redirect: one}, {redirect: one}])];
  site.page('/circle-a', html(door, '<h1>A</h1>').replace('<body>', `<body data-test="${first}">`));
  site.page('/circle-b', html(door, '<h1>B</h1>').replace('<body>', `<body data-test="${second}">`));
  const {page, context} = await visitor(browser);
  let loads = 0;
  page.on('load', () => loads++);
  await page.goto(one).catch(() => {});
  await page.waitForTimeout(3000);
  assert.ok(loads <= 4, `${loads} pages`);
  await until('it is shown', () => page.locator('h1').isVisible());
  await context.close();
});

test('the hashed file with its integrity, under a policy for both', async () => {
  const {file, integrity} = await (await fetch(`${url}/static/frontend/gtm/mab-script.json`)).json();
  const key = await experiment(`sri-${++number}`, [{text: 'New'}, {text: 'New'}]);
  const {page, context, complaints} = await visitor(browser);
  const tag = `<script src="${url}/static/frontend/gtm/${file}?endpoint=${door.origin}" integrity="${integrity}" crossorigin="anonymous" async blocking="render"></script>`;
  await page.goto(site.page('/sri', html(door, `<h1 data-test="${key}">Old</h1>`, {tag: null, head: tag}), policy()));
  await page.getByText('New').waitFor();
  assert.deepEqual((await film(page)).seen, ['New']);
  await counted(key, 1, 0);
  assert.deepEqual(complaints, []);
  await page.goto(site.page('/sri-wrong', html(door, `<h1 data-test="${key}">Old</h1>`, {tag: null, head: tag.replace('sha384-', 'sha384-A')}), policy()));
  assert.equal(await page.locator('h1').textContent(), 'Old');
  await context.close();
});
