// OpenFeature's web SDK with its OFREP provider, both as npm has them, in pages of another origin, against a real system.
import assert from 'node:assert/strict';
import http from 'node:http';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {launch} from '../browser/chromium.mjs';
import {setUp, until, url} from '../browser/system.mjs';
import {PAYLOADS, act, counted, newKey, road, served, start, valueOf} from './flags.mjs';

const VISITORS = 40;
// A browser without a screen says so, and is counted as nobody.
const PERSON = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const FLAGS = Object.keys(PAYLOADS);
let token;
let secret;
let browser;
let shop;
let origin;

before(async () => {
  token = await setUp();
  secret = await newKey(token, {publishable: true});
  for (const [key, payloads] of Object.entries(PAYLOADS)) await start(token, key, payloads);
  await served(secret, FLAGS);
  const {outputFiles: [bundle]} = await build({
    entryPoints: [fileURLToPath(new URL('page.js', import.meta.url))], bundle: true, format: 'iife', write: false, logLevel: 'error',
  });
  shop = http.createServer((request, response) => {
    const script = request.url === '/page.js';
    response.writeHead(200, {'content-type': script ? 'text/javascript' : 'text/html'});
    response.end(script ? bundle.text : '<!doctype html><title>Shop</title><script src="/page.js"></script>');
  });
  await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${shop.address().port}`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  shop?.closeAllConnections();
  shop?.close();
});

/** A page of the shop, and the statuses of its bulk evaluations as they come. */
async function visit(t) {
  const page = await browser.newPage({userAgent: PERSON});
  t.after(() => page.close());
  page.setDefaultTimeout(20000);
  const statuses = [];
  page.on('response', (response) => {
    if (response.url().endsWith('/ofrep/v1/evaluate/flags') && response.request().method() === 'POST') statuses.push(response.status());
  });
  await page.goto(origin);
  const use = (name) => (...parameters) => page.evaluate(([method, list]) => window.openfeature[method](...list), [name, parameters]);
  const client = Object.fromEntries(['open', 'evaluate', 'become', 'track', 'flush', 'close', 'events'].map((name) => [name, use(name)]));
  return {page, statuses, ...client};
}
const keyed = (options = {}) => ({baseUrl: url, headers: [['authorization', `Bearer ${secret}`]], changeDetection: 'none', ...options});

test('Every type of payload is a flag of that type', async (t) => {
  const {open, evaluate} = await visit(t);
  assert.equal(await open('types', {...keyed(), user: 'ann'}), 'READY');
  const asked = [['String', 'a-string', 'code'], ['Number', 'b-number', -1], ['Boolean', 'c-boolean', false], ['Object', 'd-object', {}], ['String', 'e-none', 'code']];
  for (const [type, key, fallback] of asked) {
    const got = await evaluate('types', type, key, fallback);
    assert.equal(got.errorCode, undefined, JSON.stringify(got));
    assert.deepEqual(got.value, valueOf(key, got.variant));
    assert.equal(got.reason, 'SPLIT');
    assert.deepEqual(Object.keys(got.flagMetadata), ['experiment_id', 'version', 'propensity']);
    assert.ok(got.flagMetadata.version > 1.7e12, JSON.stringify(got));
  }
  for (const [type, key, code] of [['String', 'b-number', 'TYPE_MISMATCH'], ['String', 'nobody', 'FLAG_NOT_FOUND']]) {
    const got = await evaluate('types', type, key, 'code');
    assert.deepEqual([got.value, got.errorCode], ['code', code]);
  }
});

test('Nothing changed means 304, also for who comes again and was counted', async (t) => {
  const {open, evaluate, flush, page, statuses} = await visit(t);
  const polling = {...keyed({changeDetection: 'polling', pollInterval: 100}), user: 'poller', mab: {baseUrl: url}};
  assert.equal(await open('polling', polling), 'READY');
  await evaluate('polling', 'String', 'a-string', 'code');
  await flush('polling');
  const from = statuses.length;
  await until('it polls', () => statuses.length > from + 3);
  assert.deepEqual(statuses.filter((status) => status !== 304), [200], String(statuses));
  assert.equal((await evaluate('polling', 'String', 'a-string', 'code')).errorCode, undefined);
  await page.close();
});

test('Who may not evaluate gets the code’s own values', async (t) => {
  const {open, evaluate} = await visit(t);
  const strangers = {...keyed({headers: [['x-api-key', 'mab_nobody']]}), user: 'ann'};
  assert.match(await open('strangers', strangers), /^FATAL: _?OFREPApiUnauthorizedError/);
  const got = await evaluate('strangers', 'String', 'a-string', 'code');
  assert.deepEqual([got.value, got.errorCode], ['code', 'PROVIDER_FATAL']);
  assert.match(await open('nobody', keyed()), /^ERROR: /);
});

test('A server that is down costs a visitor nothing but the default', async (t) => {
  const way = await road();
  const {open, evaluate, become, events} = await visit(t);
  assert.equal(await open('down', {...keyed({baseUrl: way.url}), user: 'ann'}), 'READY');
  const known = await evaluate('down', 'String', 'a-string', 'code');
  await way.close();
  await become('down', 'bob');
  assert.ok((await events('down')).some(({event}) => event === 'PROVIDER_ERROR'));
  assert.match(await open('never', {...keyed({baseUrl: way.url}), user: 'ann'}), /^ERROR: /);
  assert.equal((await evaluate('never', 'String', 'a-string', 'code')).value, 'code');
  await way.open();
  await become('down', 'ann');
  assert.equal((await evaluate('down', 'String', 'a-string', 'code')).value, known.value);
  await way.close();
});

test('Polling learns what is started and completed', async (t) => {
  const {open, evaluate, events, close} = await visit(t);
  assert.equal(await open('changes', {...keyed({changeDetection: 'polling', pollInterval: 100}), user: 'ann'}), 'READY');
  await learns({open, evaluate, events}, 'changes', 'polled');
  await close('changes');
});

test('The stream of events tells of changes where nothing polls', async (t) => {
  const {open, evaluate, events, page, statuses, close} = await visit(t);
  const streams = [];
  page.on('request', (request) => request.url().endsWith('/ofrep/v1/events') && streams.push(request));
  assert.equal(await open('streamed', {...keyed({changeDetection: 'sse'}), user: 'ann'}), 'READY');
  await learns({open, evaluate, events}, 'streamed', 'told');
  assert.equal(streams.length, 1);
  assert.ok(statuses.length < 10, `it evaluated ${statuses.length} times`);
  await close('streamed');
});

/** The client's flags follow the life of an experiment with that key. */
async function learns({evaluate, events}, domain, key) {
  const ask = () => evaluate(domain, 'String', key, 'code');
  assert.equal((await ask()).errorCode, 'FLAG_NOT_FOUND');
  await start(token, key, ['A', 'B']);
  await until('it has the flag', async () => (await ask()).reason === 'SPLIT');
  await act(token, key, 'complete', {winner: 'b'});
  await until('it has the winner', async () => (await ask()).reason === 'STATIC');
  assert.equal((await ask()).value, 'B');
  const changed = (await events(domain)).filter(({event}) => event === 'PROVIDER_CONFIGURATION_CHANGED');
  assert.ok(changed.some(({flags}) => flags.includes(key)), JSON.stringify(changed));
  await act(token, key, 'archive');
  await until('it is gone', async () => (await ask()).errorCode === 'FLAG_NOT_FOUND');
}

test('Who is given a flag is exposed in it and in no other, and conversions are counted to the last one', async (t) => {
  await start(token, 'shown', ['A', 'B']);
  await start(token, 'unshown', ['A', 'B']);
  await until('both are served', () => served(secret, [...FLAGS, 'shown', 'unshown']));
  const {open, evaluate, become, track, flush} = await visit(t);
  assert.equal(await open('visitors', {...keyed(), user: 'web-0', mab: {baseUrl: url, events: {order: ['shown', 'unshown']}}}), 'READY');
  const variants = {a: 0, b: 0};
  for (let visitor = 0; visitor < VISITORS; visitor++) {
    await become('visitors', `web-${visitor}`);
    for (let turn = 0; turn < 2; turn++) await evaluate('visitors', 'String', 'shown', 'code');
    variants[(await evaluate('visitors', 'String', 'shown', 'code')).variant]++;
    if (visitor % 4 === 0) await track('visitors', 'order', {value: 10, eventId: `order-${visitor}`});
  }
  await flush('visitors');
  const report = await counted(token, 'shown', {exposures: VISITORS, conversions: VISITORS / 4});
  for (const one of report.variants) assert.equal(one.exposures, variants[one.variant.key]);
  await counted(token, 'unshown', {exposures: 0});
});

test('A key that exposes in bulk counts whoever evaluates', async (t) => {
  await start(token, 'bulk', ['A', 'B']);
  const exposing = await newKey(token, {publishable: true, bulk_exposes: true});
  await until('it is served', () => served(exposing, [...FLAGS, 'bulk', 'shown', 'unshown']));
  const {open, become} = await visit(t);
  assert.equal(await open('exposing', {...keyed({headers: [['authorization', `Bearer ${exposing}`]]}), user: 'bulk-0'}), 'READY');
  for (let visitor = 1; visitor < VISITORS; visitor++) await become('exposing', `bulk-${visitor}`);
  await counted(token, 'bulk', {exposures: VISITORS + 1}); // and the prober, who asked whether it is served
});

test('An experiment of another website is no flag here', async (t) => {
  await start(token, 'elsewhere', ['A', 'B'], {allowed_origins: ['https://elsewhere.example']});
  await until('it is served', () => served(secret, [...FLAGS, 'bulk', 'elsewhere', 'shown', 'unshown']));
  const {open, evaluate} = await visit(t);
  assert.equal(await open('elsewhere', {...keyed(), user: 'ann'}), 'READY');
  assert.equal((await evaluate('elsewhere', 'String', 'elsewhere', 'code')).errorCode, 'FLAG_NOT_FOUND');
  assert.equal((await evaluate('elsewhere', 'String', 'shown', 'code')).errorCode, undefined);
});
