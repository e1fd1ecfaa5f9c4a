// The dashboard's preview shows what the script tag does: both get the same payloads on the same elements, those of
// tests/payload_vectors.json and some hundred made up ones, and must leave the same behind. No system is needed: the page's answers
// are made here. MAB_TEST_SEED: another seed for what is made up.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {build} from 'esbuild';
import {launch} from './chromium.mjs';
import {generated} from './payload_generator.mjs';

const SITE = 'http://shop.example';
const SEED = Number(process.env.MAB_TEST_SEED ?? 20261123);
const GENERATED = 600;

const vectors = JSON.parse(readFileSync(new URL('../payload_vectors.json', import.meta.url), 'utf8'));
let browser;
let script;
let preview;

async function bundled(path, globalName) {
  const entryPoints = [new URL(`../../${path}`, import.meta.url).pathname];
  const {outputFiles: [{text}]} = await build({entryPoints, bundle: true, format: 'iife', globalName, write: false});
  return text;
}

before(async () => {
  browser = await launch();
  script = await bundled('script/src/main.js');
  preview = await bundled('dashboard/src/editor/apply_payload.js', 'preview');
});

after(() => browser?.close());

async function until(isSo) {
  const deadline = Date.now() + 15000;
  while (!isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(isSo(), 'never');
}

const json = (body) => ({contentType: 'application/json', body: JSON.stringify(body)});

/** A page whose experiments c0, c1, … show these payloads: {page, context, left: where it tried to go}. */
async function pageOf(html, payloads, address = '/') {
  const context = await browser.newContext();
  const left = [];
  await context.route('**/*', (route) => {
    const request = route.request();
    const url = new URL(request.url());
    if (url.pathname === '/api/assign') {
      const assignments = request.postDataJSON().experiments.map((key) => (
        {experiment_key: key, assigned_at: '2026-11-23T00:00:00Z', counted: true, variant: {key: 'b', payload: payloads[Number(key.slice(1))]}}));
      return route.fulfill(json({assignments, errors: []}));
    }
    if (request.isNavigationRequest() && request.frame().parentFrame() === null && left.push(url.href.split('#')[0]) > 1) return route.fulfill({status: 204});
    if (url.pathname === '/script.js') return route.fulfill({contentType: 'text/javascript', body: `window.mabConfig = {endpoint: '${SITE}', timeout: 30000};${script}`});
    return url.href === left[0] ? route.fulfill({contentType: 'text/html; charset=utf-8', body: html}) : route.abort();
  });
  const page = await context.newPage();
  await page.goto(SITE + address);
  await page.waitForFunction(() => {
    const asked = Object.values(globalThis.mab.debug().experiments);
    return document.readyState === 'complete' && asked.length > 0 && asked.every(({done}) => done);
  });
  return {page, context, left};
}

/** [{script, preview}] of each [element, payload]: what both leave of the element. */
async function both(cases) {
  const marked = cases.map(([element], index) => element.replace(/^<[a-z0-9-]+/, `$& data-test="c${index}"`));
  const {page, context} = await pageOf(`<!doctype html><html><head><script src="/script.js"></script></head><body>${marked.map((one) => `<div>${one}</div>`).join('\n')}</body></html>`,
    cases.map(([, payload]) => payload));
  await page.evaluate(`${preview}; window.preview = preview;`);
  const results = await page.evaluate((given) => {
    // Attributes in order, styles as they are read, adjacent texts as one.
    const written = (node) => {
      if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeValue.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      const attributes = [...node.attributes].filter(({name}) => !['data-test', 'style'].includes(name)).map(({name, value}) => `${name}="${value}"`);
      if (node.style.length > 0) attributes.push(`style="${[...node.style].map((name) => `${name}: ${node.style.getPropertyValue(name)}${node.style.getPropertyPriority(name) && ' !important'}`).join('; ')}"`);
      const end = ['br', 'col', 'hr', 'img', 'input', 'wbr'].includes(node.localName) ? '' : `</${node.localName}>`;
      return `<${[node.localName, ...attributes.sort()].join(' ')}>${[...node.childNodes].map(written).join('')}${end}`;
    };
    return given.map(([element, payload], index) => {
      const shown = document.querySelector(`[data-test="c${index}"]`);
      const scratch = document.implementation.createHTMLDocument('');
      scratch.body.innerHTML = `<div>${element}</div>`;
      const {effect, removed} = globalThis.preview.applyPayload(scratch.body.firstChild.firstChild, payload);
      const hidden = getComputedStyle(shown).visibility === 'hidden' || getComputedStyle(shown).display === 'none';
      const isHidden = hidden && payload?.hide === true;
      return {script: isHidden ? 'hidden' : written(shown), preview: effect === 'hidden' ? 'hidden' : written(scratch.body.firstChild.firstChild), removed};
    });
  }, cases);
  await context.close();
  return results;
}

async function agree(cases) {
  const differences = [];
  for (let first = 0; first < cases.length; first += 100) {
    const part = cases.slice(first, first + 100);
    for (const [index, result] of (await both(part)).entries()) if (result.script !== result.preview) differences.push({case: part[index], ...result});
  }
  return differences;
}

test('the script and the preview do what the table says', async () => {
  const results = await both(vectors.payloads);
  for (const [index, [element, payload, expected]] of vectors.payloads.entries()) {
    assert.equal(results[index].script, expected, `script: ${element} ${JSON.stringify(payload)}`);
    assert.equal(results[index].preview, expected, `preview: ${element} ${JSON.stringify(payload)}`);
  }
});

test('the script and the preview send visitors to the same pages', async () => {
  const tag = '<!doctype html><html><head><script src="/script.js"></script></head><body><h1 data-test="c0">Old</h1></body></html>';
  for (const [payload, expected] of vectors.redirects) {
    const {page, context, left} = await pageOf(tag, [payload]);
    // What can't be applied at all counts nobody; any other is seen first.
    await page.waitForFunction(() => globalThis.mab.debug().experiments.c0.seen || globalThis.mab.debug().problems.length > 0);
    if (expected) await until(() => left.length > 1);
    assert.deepEqual(left.slice(1), expected ? [expected.split('#')[0]] : [], JSON.stringify(payload));
    await page.evaluate(`${preview}; window.preview = preview;`);
    assert.equal(await page.evaluate((given) => globalThis.preview.applyPayload(document.createElement('p'), given).address, payload), expected, JSON.stringify(payload));
    await context.close();
  }
});

test('the script and the preview do the same with made up payloads', async () => {
  const differences = await agree(generated(SEED, GENERATED));
  assert.deepEqual(differences.slice(0, 3), [], `${differences.length} of ${GENERATED} with seed ${SEED}`);
});
