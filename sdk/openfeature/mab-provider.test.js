import assert from 'node:assert/strict';
import {test} from 'node:test';
import {withMab} from './mab-provider.js';

/** A provider with the MAB System's part, in front of a server that answers what `answers` says, in turn; then 200. */
function setUp({answers = [], ...options} = {}) {
  const calls = [];
  const waits = [];
  const errors = [];
  const provider = withMab({closed: false, async onClose() { this.closed = true; }}, {
    baseUrl: 'https://mab.example/base/',
    onError: (error) => errors.push(error.code),
    fetch: async (url, {body, ...init}) => {
      calls.push({path: url.slice('https://mab.example/base'.length), body: JSON.parse(body), ...init});
      const answer = answers.shift() ?? {};
      if (answer.away) throw new TypeError('fetch failed');
      return new Response(answer.page ?? JSON.stringify(answer.body ?? {errors: []}), {status: answer.status ?? 200, headers: answer.headers});
    },
    wait: async (milliseconds) => waits.push(milliseconds),
    ...options,
  });
  const evaluate = (flagKey, targetingKey, metadata = {}) =>
    provider.hooks[0].after({flagKey, context: {targetingKey}}, {flagMetadata: {experiment_id: '0198', version: 1795392000123, propensity: 0.5, ...metadata}});
  return {provider, calls, waits, errors, evaluate};
}
const ANN = {targetingKey: 'ann'};

test('An event is a conversion of the experiment with its name', async () => {
  const {provider, calls} = setUp();
  assert.equal(provider.track('hero title', ANN, {value: 49.9, eventId: 'order-981', currency: 'EUR'}), undefined);
  await provider.flush();
  assert.equal(calls.length, 1);
  assert.equal(calls[0].path, '/api/experiments/hero%20title/convert');
  assert.deepEqual(calls[0].body, {user_id: 'ann', event_id: 'order-981', value: 49.9});
  assert.equal(calls[0].keepalive, true);
  assert.deepEqual(calls[0].headers, {'content-type': 'text/plain'}, 'browsers ask no preflight for it');
});

test('A map says which experiments an event converts', async () => {
  const {provider, calls} = setUp({events: {order: ['hero', 'cta'], signup: 'cta'}});
  for (const event of ['order', 'signup', 'scroll', 'toString']) provider.track(event, ANN);
  await provider.flush();
  assert.deepEqual(calls.map(({path}) => path), ['hero', 'cta', 'cta'].map((key) => `/api/experiments/${key}/convert`));
});

test('Each event has an id of its own, and keeps it when it is sent again', async () => {
  const {provider, calls, waits} = setUp({answers: [{away: true}, {status: 503, headers: {'retry-after': '2'}}, {status: 429}]});
  provider.track('hero', ANN);
  await provider.flush();
  assert.equal(calls.length, 4);
  assert.equal(new Set(calls.map(({body}) => body.event_id)).size, 1);
  assert.match(calls[0].body.event_id, /^[0-9a-f]{32}$/);
  assert.deepEqual(waits, [500, 2000, 2000]);
  provider.track('hero', ANN);
  await provider.flush();
  assert.notEqual(calls[4].body.event_id, calls[0].body.event_id);
  assert.equal('value' in calls[4].body, false);
});

test('What sending again does not mend is told, and throws nothing', async () => {
  const {provider, calls, errors} = setUp({answers: [
    {status: 404, body: {code: 'ASSIGNMENT_NOT_FOUND', detail: 'who?'}},
    ...Array(4).fill({away: true}),
  ]});
  provider.track('hero', ANN);
  await provider.flush();
  assert.equal(calls.length, 1);
  provider.track('hero', ANN);
  await provider.flush();
  assert.equal(calls.length, 5);
  provider.track('hero', {});
  provider.track('hero', undefined);
  assert.deepEqual(errors, ['ASSIGNMENT_NOT_FOUND', 'UNREACHABLE', 'TARGETING_KEY_MISSING', 'TARGETING_KEY_MISSING']);
});

const PAGE = '<!doctype html><title>No</title>';

test('A proxy’s page that says no is final, for conversions and exposures', async () => {
  for (const status of [200, 400, 401, 403, 404, 407, 409, 410, 413, 422, 451]) {
    const code = status === 200 ? 'NOT_JSON' : `HTTP_${status}`;
    const {provider, calls, waits, errors, evaluate} = setUp({answers: [{status, page: PAGE}, {status, page: PAGE}]});
    provider.track('hero', ANN);
    await provider.flush();
    for (let turn = 0; turn < 2; turn++) {
      evaluate('hero', 'ann');
      await provider.flush();
    }
    assert.deepEqual(calls.map(({path}) => path), ['/api/experiments/hero/convert', '/api/expose'], `after a ${status}`);
    assert.deepEqual([waits, errors], [[], [code, code]]);
  }
});

test('A code in the body does not make a no a later', async () => {
  const {provider, calls, errors, evaluate} = setUp({answers: [{status: 403, body: {code: 'UNAVAILABLE'}}, {status: 400, page: 'null'}, {status: 200, page: '"yes"'}]});
  for (const flag of ['hero', 'cta', 'footer', 'hero']) {
    evaluate(flag, 'ann');
    await provider.flush();
  }
  assert.equal(calls.length, 3);
  assert.deepEqual(errors, ['UNAVAILABLE', 'HTTP_400', 'NOT_JSON']);
});

test('A proxy’s page that says later is tried again, now and with the next evaluation', async () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 520]) {
    const {provider, calls, errors, evaluate} = setUp({answers: Array(8).fill({status, page: PAGE})});
    provider.track('hero', ANN);
    await provider.flush();
    evaluate('hero', 'ann');
    await provider.flush();
    assert.deepEqual([calls.length, errors], [8, [`HTTP_${status}`, `HTTP_${status}`]]);
    evaluate('hero', 'ann');
    await provider.flush();
    assert.equal(calls.length, 9, `after a ${status}`);
  }
});

test('An answer that breaks off is none', async () => {
  let calls = 0;
  const broken = () => new ReadableStream({start: (controller) => controller.error(new TypeError('terminated'))});
  const {provider, waits} = setUp({fetch: async () => new Response(calls++ === 0 ? broken() : '{"recorded": true}')});
  provider.track('hero', ANN);
  await provider.flush();
  assert.deepEqual([calls, waits], [2, [500]]);
});

test('A value that is no number and an id that is too long stay behind', async () => {
  const {provider, calls} = setUp();
  provider.track('hero', ANN, {value: Number.NaN, eventId: 'x'.repeat(129)});
  await provider.flush();
  assert.deepEqual(calls[0].body, {user_id: 'ann'});
});

test('Flags that were evaluated are exposed once a user, in one call', async () => {
  const {provider, calls, evaluate} = setUp();
  for (const flag of ['hero', 'cta', 'hero']) evaluate(flag, 'ann');
  evaluate('hero', 'bob');
  await provider.flush();
  evaluate('hero', 'ann');
  await provider.flush();
  assert.deepEqual(calls.map(({path, body}) => [path, body]), [
    ['/api/expose', {user_id: 'ann', experiments: ['hero', 'cta']}],
    ['/api/expose', {user_id: 'bob', experiments: ['hero']}],
  ]);
});

test('What is on no record, or exposed already, or no experiment’s, is not exposed', async () => {
  const {provider, calls, evaluate} = setUp();
  evaluate('paused', 'ann', {version: 0});
  evaluate('single', 'ann', {counted: true});
  evaluate('uncounted', 'ann', {counted: false});
  evaluate('nobody', undefined);
  provider.hooks[0].after({flagKey: 'other', context: ANN}, {flagMetadata: {}});
  provider.hooks[0].after({flagKey: 'other', context: ANN}, {});
  await provider.flush();
  assert.deepEqual(calls, []);
  assert.equal(setUp({expose: false}).provider.hooks, undefined);
});

test('More than a hundred experiments are several calls', async () => {
  const {provider, calls, evaluate} = setUp();
  for (let i = 0; i < 201; i++) evaluate(`e${i}`, 'ann');
  await provider.flush();
  assert.deepEqual(calls.map(({body}) => body.experiments.length), [100, 100, 1]);
});

test('A conversion waits for the exposures of its user', async () => {
  let release;
  const order = [];
  const held = new Promise((resolve) => (release = resolve));
  const {provider, evaluate} = setUp({fetch: async (url) => {
    order.push(new URL(url).pathname);
    if (url.endsWith('/api/expose')) await held;
    return new Response('{"errors": []}');
  }});
  evaluate('hero', 'ann');
  provider.track('hero', ANN);
  provider.track('hero', {targetingKey: 'bob'});
  const flushed = provider.flush();
  assert.deepEqual(order, ['/base/api/expose', '/base/api/experiments/hero/convert'], 'bob waits for nobody');
  release();
  await flushed;
  assert.equal(order.length, 3);
});

test('An exposure that failed for a while is made with the next evaluation', async () => {
  const {provider, calls, errors, evaluate} = setUp({answers: [
    {body: {errors: [{experiment_key: 'hero', code: 'RATE_LIMITED'}, {experiment_key: 'gone', code: 'EXPERIMENT_NOT_FOUND'}]}},
  ]});
  for (let turn = 0; turn < 2; turn++) {
    evaluate('hero', 'ann');
    evaluate('gone', 'ann');
    await provider.flush();
  }
  assert.deepEqual(calls.map(({body}) => body.experiments), [['hero', 'gone'], ['hero']]);
  assert.deepEqual(errors, ['RATE_LIMITED', 'EXPERIMENT_NOT_FOUND']);
});

test('An onError that throws loses no conversion', async (t) => {
  t.mock.method(console, 'error', () => {});
  const {provider, calls, evaluate} = setUp({answers: [{status: 400, body: {code: 'INVALID_ARGUMENT'}}], onError: () => { throw new Error('the application’s own'); }});
  evaluate('hero', 'ann');
  provider.track('hero', ANN);
  provider.track('hero', {});
  await provider.flush();
  assert.deepEqual(calls.map(({path}) => path), ['/api/expose', '/api/experiments/hero/convert']);
  assert.equal(console.error.mock.callCount(), 2);
});

test('Closing sends what waits, and closes the provider', async () => {
  const {provider, calls, evaluate} = setUp();
  evaluate('hero', 'ann');
  await provider.onClose();
  assert.equal(calls.length, 1);
  assert.equal(provider.closed, true);
});

test('A base that is no address is refused', () => {
  assert.throws(() => withMab({}, {baseUrl: 'nowhere'}));
});
