// Creating and editing experiments in a real Chromium against a real system: payloads and their previews, the server's word beside
// the fields, what survives a reload, edits that collide, and the forecast.
// tests/browser/system.mjs says what it runs against. MAB_TEST_SCREENSHOTS: a folder, optional.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accessibilityFaults} from './axe.mjs';
import {launch, watch} from './chromium.mjs';
import {ADMIN, done, setUp, url} from './system.mjs';

const screenshots = process.env.MAB_TEST_SCREENSHOTS;
const VERA = {email: 'vera@example.com', password: 'nine purple llamas'};
const SIZES = [375, 1280, 1920];

let browser;
let page;
let token;
const complaints = [];

const created = (experiment) => done('/api/experiments', experiment, token);
const change = (key, fields) => done(`/api/experiments/${key}`, fields, token, 'PATCH');
const read = (key) => done(`/api/experiments/${key}`, undefined, token);
const TWO = [{name: 'Today'}, {name: 'Short', payload: {text: 'Ship'}}];

async function signedIn({email, password}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}});
  const own = await context.newPage();
  watch(own, complaints);
  await own.goto(`${url}/login`);
  await own.getByLabel('E-mail').fill(email);
  await own.getByLabel('Password').fill(password);
  await own.getByRole('button', {name: 'Sign in'}).click();
  await own.getByRole('heading', {name: 'Experiments'}).waitFor();
  return own;
}

async function open(path) {
  await page.goto(url + path);
  await page.getByRole('textbox', {name: 'Name'}).first().waitFor();
}

const variant = (index) => page.locator('.ed-variant').nth(index);
const nameOf = (index) => variant(index).getByRole('textbox', {name: 'Name', exact: true});
const choose = (index, type) => variant(index).getByRole('radio', {name: type, exact: true}).check();
const nameField = () => page.getByRole('textbox', {name: 'Name'}).first();
const press = (name) => page.getByRole('button', {name, exact: true}).click();
const frameOf = (index) => variant(index).frameLocator('iframe');

async function saved(key) {
  await page.waitForURL(`**/experiments/${key}`);
  return read(key);
}

async function screenshot(name) {
  if (screenshots) await page.screenshot({path: `${screenshots}/${name}.png`, fullPage: true});
}

async function accessible(what) {
  assert.deepEqual(await accessibilityFaults(page), [], what);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `${what} is wider than the window`);
}

before(async () => {
  token = await setUp();
  browser = await launch();
  page = await signedIn(ADMIN);
});

after(() => browser?.close());

test('creates an experiment by keyboard alone, led to what is missing', async () => {
  await open('/experiments/new');
  const typed = (text) => page.keyboard.type(text);
  assert.equal(await page.evaluate(() => document.activeElement === document.querySelector('#editor input')), true, 'the name has the focus');
  await typed('Hero title: über 2!');
  assert.equal(await page.getByRole('textbox', {name: 'Key'}).first().getAttribute('placeholder'), 'hero-title-ber-2');
  await page.keyboard.press('Enter');
  await page.getByText('One thing needs your attention').waitFor();
  await typed('Ship today');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await page.getByRole('button', {name: 'Create'}).focus();
  await page.keyboard.press('Enter');
  const experiment = await saved('hero-title-ber-2');
  assert.deepEqual(experiment.variants.map(({key, name, is_control: control, payload}) => [key, name, control, payload]), [
    ['a', 'Today', true, null], ['b', 'b', false, {text: 'Ship today'}],
  ]);
});

test('writes every kind of payload as the script reads it', async () => {
  await open('/experiments/new');
  await nameField().fill('Payloads');
  for (let index = 2; index < 7; index++) await press('Add a variant');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill('Ship');
  await variant(1).getByRole('button', {name: 'Add an attribute'}).click();
  await page.keyboard.type('href');
  await page.keyboard.press('Tab');
  await page.keyboard.type('/buy');
  await choose(2, 'HTML');
  await variant(2).getByRole('textbox', {name: 'HTML', exact: true}).fill('<b>Ship</b>');
  await choose(3, 'Attributes');
  await variant(3).getByRole('button', {name: 'Add a style'}).click();
  await variant(3).getByLabel('Style 1: name').fill('color');
  await variant(3).getByLabel('Style 1: value').fill('red');
  await choose(4, 'Hide');
  await choose(5, 'Redirect');
  await variant(5).getByLabel('Address').fill('https://shop.example/new');
  await choose(6, 'JSON');
  await variant(6).getByRole('textbox', {name: 'JSON'}).fill('{"discount": 0.1}');
  await variant(4).getByRole('radio', {name: 'Control: what visitors see today'}).check();
  await press('Create');
  const {variants} = await saved('payloads');
  assert.deepEqual(variants.map(({payload}) => payload), [
    null, {text: 'Ship', attributes: {href: '/buy'}}, {html: '<b>Ship</b>'}, {attributes: {style: {color: 'red'}}}, {hide: true},
    {redirect: 'https://shop.example/new'}, {discount: 0.1},
  ]);
  assert.deepEqual(variants.map(({is_control: control}) => control), [false, false, false, false, true, false, false]);
  await open('/experiments/payloads/edit');
  for (const [index, type] of ['Nothing', 'Text', 'HTML', 'Attributes', 'Hide', 'Redirect', 'JSON'].entries()) {
    await variant(index).locator('summary').click();
    assert.equal(await variant(index).getByRole('radio', {name: type, exact: true}).isChecked(), true, type);
  }
  await press('Save');
  assert.equal((await saved('payloads')).etag, (await read('payloads')).etag);
});

test('switching the kind loses nothing', async () => {
  await open('/experiments/new');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill('Ship today');
  await choose(1, 'Hide');
  await choose(1, 'JSON');
  await choose(1, 'Text');
  assert.equal(await variant(1).getByRole('textbox', {name: 'Text', exact: true}).inputValue(), 'Ship today');
  await choose(1, 'JSON');
  await variant(1).getByRole('textbox', {name: 'JSON'}).fill(JSON.stringify({text: 'x'.repeat(13000)}));
  await variant(1).getByText('13,011 of 16,384 bytes').waitFor();
});

test('shows what the script would do, and runs nothing', async () => {
  await open('/experiments/new');
  await press('Discard it');
  await choose(1, 'HTML');
  await variant(1).getByRole('textbox', {name: 'HTML', exact: true}).fill(
    'Ship <em style="color: rgb(255, 0, 0)">today</em><script>alert(1)</script><img src="https://x.invalid/a.png" onerror="alert(1)"><a href="javascript:alert(1)">x</a>');
  await variant(1).getByText('Taken out:').filter({hasText: '<script>'}).filter({hasText: 'onerror'}).filter({hasText: 'javascript:'}).waitFor();
  const shown = frameOf(1).locator('h2').nth(1);
  assert.equal(await shown.locator('em').evaluate((element) => getComputedStyle(element).color), 'rgb(255, 0, 0)');
  assert.match(await shown.locator('img').getAttribute('src'), /^data:image/);
  assert.equal(await shown.locator('a').getAttribute('href'), null);
  await choose(1, 'Redirect');
  await variant(1).getByLabel('Address').fill('https://shop.example/new');
  await frameOf(1).getByText('Goes to https://shop.example/new').waitFor();
  await page.getByLabel('Element of the preview').selectOption('Link');
  await choose(1, 'Attributes');
  await variant(1).getByRole('button', {name: 'Add an attribute'}).click();
  await variant(1).getByLabel('Attribute 1: name').fill('onclick');
  await variant(1).getByLabel('Attribute 1: value').fill('alert(1)');
  await variant(1).getByText('Taken out: the attribute onclick').waitFor();
});

// [what is typed, what is left of it]
const HOSTILE = [
  ['<script>alert(1)</script>x', 'x'], ['<img src=x onerror=alert(1)>', '<img src="x">'], ['<img src="x" ONERROR="alert(1)"/>', '<img src="x">'],
  ['<a href="javascript:alert(1)">x</a>', '<a>x</a>'], ['<a href=" java&#x0A;script:alert(1)">x</a>', '<a>x</a>'], ['<a href="&#1;javascript:alert(1)">x</a>', '<a>x</a>'],
  ['<a href="data:text/html,<script>alert(1)</script>">x</a>', '<a>x</a>'], ['<a href="vbscript:x">x</a>', '<a>x</a>'],
  ['<svg onload=alert(1)><script>alert(1)</script></svg>y', 'y'], ['<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>', ''],
  ['<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>', ''],
  ['<iframe srcdoc="<script>alert(1)</script>"></iframe>', ''], ['<object data="javascript:alert(1)"></object>', ''], ['<embed src="javascript:alert(1)">', ''],
  ['<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button></form>', ''], ['<button formaction="javascript:alert(1)">x</button>', '<button type="button">x</button>'],
  ['<input onfocus=alert(1) autofocus>', ''], ['<details open ontoggle=alert(1)>x</details>', '<details open="">x</details>'],
  ['<base href="https://evil.example/"><p>x</p>', '<p>x</p>'], ['<meta http-equiv="refresh" content="0;url=https://evil.example/">x', 'x'],
  ['<link rel=stylesheet href=https://evil.example/x.css>x', 'x'], ['<style>*{display:none}</style>x', 'x'], ['<STYLE type=x><img src=x onerror=alert(1)></style ><b>x</b>', '<b>x</b>'],
  ['<p style="color:red;background-image:url(https://evil.example/x)">x</p>', '<p style="color: red;">x</p>'], ['<p style="position:fixed;inset:0;color:red">x</p>', '<p style="color: red;">x</p>'],
  ['<p style="transform:scale(99);translate:0 -9px;scale:9;rotate:9deg;margin:0 0 -99px;offset:ray(1deg);color:red">x</p>', '<p style="margin-top: 0px; margin-right: 0px; margin-left: 0px; color: red;">x</p>'],
  ['<template><img src=x onerror=alert(1)></template>', ''], ['<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>', null],
  ['<textarea><img title="</textarea><img src=x onerror=alert(1)>"></textarea>', null], ['<title><a title="</title><img src=x onerror=alert(1)>"></title>', null],
  ['<p id="api" name="x" data-test="y" data-bind="html: alert(1)">x</p>', '<p>x</p>'], ['<a href="/x" target="_blank">x</a>', '<a href="/x" target="_blank">x</a>'],
  ['<custom-element onclick=x>gone</custom-element>', ''], ['<!-- <b>x</b> -->y', 'y'],
  ['<b title="a style=x onclick=y">x</b>', '<b title="a style=x onclick=y">x</b>'], ['<p "onclick=alert(1)" onclick=alert(1)>x', '<p>x</p>'],
  ['<p/onclick=alert(1)/style=color:red>x', null], ['1 < 2 & <i>so</i>', '1 &lt; 2 &amp; <i>so</i>'], ['<b>'.repeat(3000), null],
  ['<video><source onerror="alert(1)"></video>', ''], ['<isindex type=image src=1 onerror=alert(1)>', ''], ['<a href="mailto:a@b.example">x</a>', '<a href="mailto:a@b.example">x</a>'],
];

test('takes out of HTML what could run', async () => {
  const {build} = await import('esbuild');
  const entry = new URL('../../dashboard/src/editor/sanitize_html.js', import.meta.url).pathname;
  const {outputFiles: [bundle]} = await build({entryPoints: [entry], bundle: true, format: 'iife', globalName: 'sanitizer', write: false});
  await page.evaluate(`${bundle.text}; window.sanitizer = sanitizer;`);
  for (const [html, expected] of HOSTILE) {
    const {left, text, handlers} = await page.evaluate((given) => {
      const place = document.createElement('div');
      document.body.append(place);
      place.append(window.sanitizer.sanitizeHtml(given).fragment);
      const elements = [...place.querySelectorAll('*')];
      const attributes = elements.flatMap((element) => [...element.attributes]);
      const found = {
        left: place.innerHTML, text: elements.some((element) => element.matches('script, iframe, object, embed, form, input, style, svg, math, link, meta, base')),
        handlers: attributes.filter(({name, value}) => /^on/.test(name) || (name !== 'title' && /script:|url\(|fixed/i.test(value))).length,
      };
      place.remove();
      return found;
    }, html);
    assert.equal(handlers, 0, `${html} -> ${left}`);
    assert.equal(text, false, `${html} -> ${left}`);
    if (expected !== null) assert.equal(left, expected, html);
  }
  const title = 'a <style b>, </STYLE>, <base onx=1 style="';
  const kept = await page.evaluate((given) => {
    const element = document.createElement('b');
    element.title = given;
    return window.sanitizer.sanitizeHtml(element.outerHTML).fragment.firstChild.title;
  }, title);
  assert.equal(kept, title);
});

test('does to an element what the payload says, and no more', async () => {
  const {build} = await import('esbuild');
  const entry = new URL('../../dashboard/src/editor/apply_payload.js', import.meta.url).pathname;
  const {outputFiles: [bundle]} = await build({entryPoints: [entry], bundle: true, format: 'iife', globalName: 'applier', write: false});
  await page.evaluate(`${bundle.text}; window.applier = applier;`);
  const applied = (tag, payload) => page.evaluate(([name, wanted]) => {
    const element = document.createElement(name);
    element.setAttribute('class', 'own');
    const {effect, address, removed} = window.applier.applyPayload(element, wanted);
    return {html: element.outerHTML, effect, address, removed: removed.length};
  }, [tag, payload]);
  const EXPECTED = [
    ['p', null, '<p class="own"></p>'], ['p', 'text', '<p class="own">text</p>'], ['p', {discount: 1}, '<p class="own"></p>'], ['p', {text: '<b>'}, '<p class="own">&lt;b&gt;</p>'],
    ['p', {text: 'x', html: '<b>y</b>'}, '<p class="own"><b>y</b></p>'], ['p', {attributes: {class: null, title: 5, hidden: true}}, '<p title="5" hidden="true"></p>'],
    ['a', {attributes: {HREF: '/x', onclick: 'x', id: 'x', 'data-x': 'y', srcdoc: 'z'}}, '<a class="own" href="/x"></a>'], ['a', {attributes: {href: 'javascript:x'}}, '<a class="own"></a>'],
    ['p', {attributes: {style: {color: 'red', background: 'url(x)', position: 'fixed', '-webkit-transform': 'scale(9)', Margin: 'calc(1px - 99px)'}}}, '<p class="own" style="color: red;"></p>'], ['p', {attributes: [1]}, '<p class="own"></p>'],
    ['script', {attributes: {src: 'https://evil.example/x.js'}, text: 'alert(1)'}, '<script class="own"></script>'], ['iframe', {attributes: {src: '/x'}}, '<iframe class="own"></iframe>'],
  ];
  for (const [tag, payload, html] of EXPECTED) assert.equal((await applied(tag, payload)).html, html, JSON.stringify(payload));
  assert.deepEqual(await applied('p', {hide: true, redirect: 'https://x.example/'}), {html: '<p class="own"></p>', effect: 'hidden', address: '', removed: 0});
  assert.equal((await applied('p', {redirect: 'https://x.example', text: 'x'})).address, 'https://x.example/');
  for (const redirect of ['javascript:alert(1)', '/relative', 'data:text/html,x', '']) {
    const {effect, removed} = await applied('p', {redirect});
    assert.deepEqual([effect, removed], ['shown', 1], redirect);
  }
});

test('the server’s word stands beside its field, and what was folded opens', async () => {
  await open('/experiments/new');
  await press('Discard it');
  await nameField().fill('Wrong');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill('x');
  await page.locator('.ed-advanced > summary').click();
  await page.getByLabel('Smallest share of a variant').fill('80');
  await page.getByLabel('Allowed websites').fill('https://shop.example\nshop.example/path');
  await page.getByRole('radio', {name: 'A rate of'}).check();
  await page.getByLabel('Prior knowledge: Rate in %').fill('5');
  await page.getByLabel('Prior knowledge: Number of visitors').fill('1');
  await page.locator('.ed-advanced > summary').click();
  await variant(1).getByRole('textbox', {name: 'Key'}).fill('Not A Key');
  await variant(1).locator('summary').click();
  await press('Create');
  await page.getByText('4 things need your attention').waitFor();
  await variant(1).getByText('Must be 1 to 64 characters').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.value), 'Not A Key');
  await page.locator('.field-error').filter({hasText: 'with 2 variants at most 50 %'}).waitFor();
  await page.locator('.field-error').filter({hasText: 'Website 2 must be an origin'}).waitFor();
  await page.locator('.field-error').filter({hasText: 'Rate × visitors must be 0.1'}).waitFor();
  await screenshot('editor-errors');
  await accessible('a form with errors');
  await page.getByRole('button', {name: /^Allowed websites/}).click();
  assert.match(await page.evaluate(() => document.activeElement.value), /shop\.example/);
});

test('what was typed survives a reload, and can be discarded', async () => {
  await open('/experiments/new');
  await press('Discard it');
  await nameField().fill('Kept over a reload');
  await choose(1, 'Redirect');
  await variant(1).getByLabel('Address').fill('https://shop.example/kept');
  await page.reload();
  await page.getByText(/This is what you typed/).waitFor();
  assert.equal(await nameField().inputValue(), 'Kept over a reload');
  assert.equal(await variant(1).getByLabel('Address').inputValue(), 'https://shop.example/kept');
  await press('Discard it');
  assert.equal(await nameField().inputValue(), '');
  await page.reload();
  await nameField().waitFor();
  assert.equal(await page.getByText(/This is what you typed/).count(), 0);
});

test('asks before what was typed is left', async () => {
  await page.goto(`${url}/`);
  await page.getByRole('link', {name: 'New experiment'}).click();
  await nameField().fill('Half done');
  await page.getByRole('link', {name: 'System'}).click();
  await page.getByRole('dialog').getByRole('button', {name: 'Cancel'}).click();
  assert.equal(await nameField().inputValue(), 'Half done');
  await page.goBack();
  await page.getByRole('dialog').getByRole('button', {name: 'Cancel'}).click();
  assert.match(page.url(), /\/experiments\/new$/);
  assert.equal(await nameField().inputValue(), 'Half done');
  await page.goBack();
  await page.getByRole('dialog').getByRole('button', {name: 'Leave'}).click();
  await page.waitForURL(`${url}/`);
  await page.getByRole('link', {name: 'New experiment'}).click();
  await press('Discard it');
  await page.getByRole('link', {name: 'System'}).click();
  await page.waitForURL('**/system');
});

test('changes what a draft allows, and nothing else', async () => {
  await created({name: 'Draft', variants: [...TWO, {name: 'Third'}]});
  await open('/experiments/draft/edit');
  assert.equal(await page.getByRole('textbox', {name: 'Key'}).first().isDisabled(), true);
  await page.getByText('The key can’t change').first().waitFor();
  await page.getByLabel('Conversion window', {exact: true}).fill('36');
  await page.getByLabel('Unit of the conversion window').selectOption('hours');
  await page.getByRole('button', {name: 'Remove Short'}).click();
  await page.getByText('Short is removed. Undo').waitFor();
  await page.getByRole('button', {name: 'Undo'}).click();
  await page.getByRole('button', {name: 'Remove Third'}).click();
  await press('Add a variant');
  await nameOf(2).fill('Fourth');
  await choose(2, 'Hide');
  await page.getByRole('radio', {name: /^Fixed shares/}).check();
  await variant(2).getByLabel('Weight').fill('2');
  await variant(2).getByText('50.0 % of the visitors').waitFor();
  await press('Save');
  const experiment = await saved('draft');
  assert.equal(experiment.conversion_window_seconds, 129600);
  assert.equal(experiment.policy, 'FIXED');
  assert.deepEqual(experiment.variants.map(({key, name, weight}) => [key, name, weight]), [['a', 'Today', 1], ['b', 'Short', 1], ['c', 'Fourth', 2]]);
});

test('an edit that collides shows both versions, and the reader chooses', async () => {
  await created({name: 'Collision', description: 'As it was', variants: TWO});
  await open('/experiments/collision/edit');
  await nameField().fill('Mine');
  await page.getByLabel('Description').fill('My words');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill('My text');
  await change('collision', {name: 'Theirs', traffic_share: 0.5, variants: [{key: 'b', payload: {text: 'Their text'}}]});
  await press('Save');
  await page.getByRole('heading', {name: 'Somebody else changed this experiment meanwhile'}).waitFor();
  const row = (name) => page.getByRole('row').filter({has: page.getByRole('rowheader', {name})});
  assert.deepEqual(await row('Name').getByRole('cell').allTextContents(), ['Collision', 'Theirs', 'Mine']);
  assert.equal(await row('Traffic share').getByRole('radio', {name: /theirs/}).isChecked(), true);
  assert.equal(await row('Description').getByRole('radio', {name: /mine/}).isChecked(), true);
  await screenshot('editor-conflict');
  await accessible('a conflict');
  await press('Save these');
  await page.getByText('Choose a version of “Name”').waitFor();
  await row('Name').getByRole('radio', {name: /theirs/}).check();
  await row('Variant b: content').getByRole('radio', {name: /mine/}).check();
  await change('collision', {minimum_exposures: 500});
  await press('Save these');
  await row('Visitors before a verdict').waitFor();
  await press('Save these');
  const experiment = await saved('collision');
  assert.deepEqual([experiment.name, experiment.description, experiment.traffic_share, experiment.minimum_exposures, experiment.variants[1].payload],
    ['Theirs', 'My words', 0.5, 500, {text: 'My text'}]);
});

test('a draft that was kept from before somebody else’s edit is not saved over it', async () => {
  await created({name: 'Stale', variants: TWO});
  await open('/experiments/stale/edit');
  await nameField().fill('Mine');
  await page.goto('about:blank');
  await change('stale', {description: 'Theirs'});
  await open('/experiments/stale/edit');
  await page.getByText('The experiment was changed since').waitFor();
  await press('Save');
  await press('Save these');
  const experiment = await saved('stale');
  assert.deepEqual([experiment.name, experiment.description], ['Mine', 'Theirs']);
});

test('of a running experiment only what may change can be changed', async () => {
  await created({name: 'Running', variants: TWO});
  await done('/api/experiments/running:start', {}, token);
  await open('/experiments/running/edit');
  assert.equal(await page.getByRole('button', {name: 'Add a variant'}).isDisabled(), true);
  assert.equal(await page.getByLabel('Conversion window', {exact: true}).isDisabled(), true);
  assert.equal(await page.getByRole('button', {name: /^Remove / }).count(), 0);
  await page.getByText('can’t be added or removed after the start').waitFor();
  await page.getByLabel('Visitors that take part').fill('50');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill('Ship now');
  await press('Save');
  const experiment = await saved('running');
  assert.deepEqual([experiment.traffic_share, experiment.variants[1].payload], [0.5, {text: 'Ship now'}]);
});

test('a copy has all but the key and the past', async () => {
  await open('/experiments/new?from=collision');
  assert.equal(await nameField().inputValue(), 'Copy of Theirs');
  await press('Create');
  const copy = await saved('copy-of-theirs');
  assert.deepEqual([copy.state, copy.traffic_share, copy.minimum_exposures, copy.variants[1].payload], ['DRAFT', 0.5, 500, {text: 'My text'}]);
  await page.goto(`${url}/experiments/new?from=nothing`);
  await page.getByText('There is no experiment “nothing”').waitFor();
});

test('says how long it will take, beside a classic A/B test', async () => {
  await open('/experiments/new');
  await page.getByLabel('Conversion rate today').fill('120');
  await press('Forecast');
  await page.locator('.ed-ask .field-error:visible').filter({hasText: 'must be 0 to 100 %'}).waitFor();
  await page.getByLabel('Conversion rate today').fill('20');
  await page.getByLabel('Smallest improvement worth finding').fill('50');
  await press('Forecast');
  await page.locator('.ed-busy').waitFor();
  await page.getByRole('columnheader', {name: 'Classic A/B test'}).waitFor({timeout: 30000});
  await page.locator('.ed-answer').filter({hasText: /Half of all experiments like this have their verdict within/}).waitFor();
  await page.locator('.ed-busy').waitFor({state: 'detached'});
  const cells = await page.locator('.ed-compare td').allTextContents();
  assert.equal(cells.length, 12);
  assert.ok(cells.every((text) => text && !/NaN|undefined/.test(text)), cells.join());
});

test('works at every size, in light and dark', async () => {
  await open('/experiments/new?from=payloads');
  await page.locator('.ed-advanced > summary').click();
  for (let index = 0; index < 7; index++) await variant(index).locator('summary').click();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme});
    for (const width of SIZES) {
      await page.setViewportSize({width, height: 900});
      await accessible(`the form at ${width} in ${colorScheme}`);
      await screenshot(`editor-${width}-${colorScheme}`);
    }
  }
  await page.emulateMedia({colorScheme: 'light'});
  await page.setViewportSize({width: 1280, height: 900});
});

test('long names and texts break, and only what differs of them is compared', async () => {
  const long = 'W'.repeat(200);
  await created({key: 'long', name: long, description: 'x'.repeat(4000), variants: [{name: long, key: 'k'.repeat(64)}, {name: 'Two', payload: {text: 'z'.repeat(500)}}]});
  await open('/experiments/long/edit');
  await accessible('a form with long names');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill(`${'z'.repeat(499)}!`);
  await change('long', {variants: [{key: 'b', payload: {text: `${'z'.repeat(499)}?`}}]});
  await press('Save');
  await page.getByRole('heading', {name: 'Somebody else changed this experiment meanwhile'}).waitFor();
  const cells = await page.locator('tr[data-path="variants.b.payload"] td').allTextContents();
  assert.ok(cells.every((text) => text.length < 80), cells.join());
  assert.match(cells[1], /z\?”$/);
  for (const width of SIZES) {
    await page.setViewportSize({width, height: 900});
    await accessible(`a long conflict at ${width}`);
  }
  await page.setViewportSize({width: 1280, height: 900});
  await press('Back to the form');
  await press('Discard');
  await page.getByRole('dialog').getByRole('button', {name: 'Discard'}).click();
  assert.match(await variant(1).getByRole('textbox', {name: 'Text', exact: true}).inputValue(), /z\?$/);
});

test('nothing is lost while the server can’t be reached, and when it refuses', async () => {
  await open('/experiments/new');
  await nameField().fill('Offline');
  const text = variant(1).getByRole('textbox', {name: 'Text', exact: true});
  await text.fill('x'.repeat(17000));
  await page.route('**/api/experiments', (route) => route.abort());
  await press('Create');
  await page.getByText('It is not known whether it was saved').waitFor();
  await page.unroute('**/api/experiments');
  await press('Create');
  await variant(1).getByText('Must be at most 16384 bytes of JSON').waitFor();
  await text.fill('Short');
  await press('Create');
  assert.deepEqual((await saved('offline')).variants[1].payload, {text: 'Short'});
});

test('a session that ends takes nothing that was typed with it', async () => {
  await open('/experiments/new');
  await nameField().fill('Before the session ended');
  await variant(1).getByRole('textbox', {name: 'Text', exact: true}).fill('Ship');
  await page.context().clearCookies();
  const ended = {status: 401, contentType: 'application/problem+json', body: '{"status": 401, "code": "UNAUTHENTICATED", "detail": "The session has ended."}'};
  await page.route('**/api/experiments', (route) => route.fulfill(ended), {times: 1});
  await press('Create');
  await page.waitForURL('**/login?next=%2Fexperiments%2Fnew');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.getByText(/This is what you typed/).waitFor();
  await press('Create');
  assert.deepEqual((await saved('before-the-session-ended')).variants[1].payload, {text: 'Ship'});
});

test('a hundred variants are not too many', async () => {
  await created({name: 'Hundred', variants: Array.from({length: 100}, (_, index) => ({name: `Variant no ${index}`, payload: {text: `Text ${index}`}}))});
  await open('/experiments/hundred/edit');
  assert.equal(await page.locator('.ed-variant').count(), 100);
  assert.equal(await page.getByRole('button', {name: 'Add a variant'}).isDisabled(), true);
  await variant(99).locator('summary').click();
  await variant(99).getByRole('textbox', {name: 'Text', exact: true}).fill('The last');
  await frameOf(99).getByText('The last').waitFor();
  await press('Save');
  assert.deepEqual((await saved('hundred')).variants[99].payload, {text: 'The last'});
});

test('a viewer is told why there is no form', async () => {
  const invited = await done('/api/accounts', {email: VERA.email, role: 'VIEWER'}, token);
  await done('/api/auth/password', {token: invited.token, password: VERA.password});
  const vera = await signedIn(VERA);
  for (const path of ['/experiments/new', '/experiments/running/edit']) {
    await vera.goto(url + path);
    await vera.getByText('Ask an administrator to make you an editor').waitFor();
    assert.equal(await vera.locator('form').count(), 0);
  }
});

// What the server refuses, and what is kept from reaching it, the browser says.
test('the console stayed clean and no policy was violated', () => {
  assert.deepEqual(complaints.filter((text) => !/status of (400|401|404|409)|ERR_FAILED/.test(text)), []);
});
