// OpenFeature's server SDK with its OFREP provider, both as npm has them, against a real system.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {OpenFeature} from '@openfeature/server-sdk';
import {OFREPProvider} from '@openfeature/ofrep-provider';
import {withMab} from '../../sdk/openfeature/mab-provider.js';
import {done, setUp, until, url} from '../browser/system.mjs';
import {PAYLOADS, act, counted, evaluate, newKey, road, served, start, valueOf} from './flags.mjs';

const VISITORS = 200;
let token;
let secret;

before(async () => {
  token = await setUp();
  secret = await newKey(token);
  for (const [key, payloads] of Object.entries(PAYLOADS)) await start(token, key, payloads);
  await done('/api/experiments', {name: 'Draft', key: 'draft', variants: [{key: 'a'}, {key: 'b'}]}, token);
  await served(secret, Object.keys(PAYLOADS));
});
after(() => OpenFeature.close());

/** A client of its own, with a provider that shows these headers. */
async function clientOf(domain, headers = {authorization: `Bearer ${secret}`}, baseUrl = url) {
  const provider = new OFREPProvider({baseUrl, headers: Object.entries(headers)});
  await OpenFeature.setProviderAndWait(domain, provider);
  return OpenFeature.getClient(domain);
}

test('Every type of payload is a flag of that type', async () => {
  const client = await clientOf('types');
  const ask = {
    'a-string': (context) => client.getStringDetails('a-string', 'code', context),
    'b-number': (context) => client.getNumberDetails('b-number', -1, context),
    'c-boolean': (context) => client.getBooleanDetails('c-boolean', false, context),
    'd-object': (context) => client.getObjectDetails('d-object', {}, context),
    'e-none': (context) => client.getStringDetails('e-none', 'code', context),
  };
  for (const [key, details] of Object.entries(ask)) {
    const seen = new Set();
    for (let visitor = 0; visitor < 20; visitor++) {
      const got = await details({targetingKey: `typed-${visitor}`, plan: 'pro', age: 42});
      assert.equal(got.errorCode, undefined, JSON.stringify(got));
      assert.deepEqual(got.value, valueOf(key, got.variant));
      assert.equal(got.reason, 'SPLIT');
      const {experiment_id: id, version, propensity, ...rest} = got.flagMetadata;
      assert.match(id, /^[0-9a-f-]{36}$/);
      assert.ok(version > 1.7e12 && propensity > 0 && propensity < 1, JSON.stringify(got));
      assert.deepEqual(rest, {counted: true, returning: false});
      seen.add(got.variant);
    }
    assert.equal(seen.size, 2, `${key}: everybody got the same`);
  }
});

test('A key in X-API-Key is as good', async () => {
  const client = await clientOf('x-api-key', {'x-api-key': secret});
  assert.equal((await client.getStringDetails('a-string', 'code', {targetingKey: 'typed-0'})).errorCode, undefined);
});

test('What can’t be evaluated is the code’s own value, and says why', async () => {
  const client = await clientOf('failures');
  const expect = async (details, errorCode) => {
    const got = await details;
    assert.equal(got.errorCode, errorCode, JSON.stringify(got));
    assert.equal(got.value, 'code');
    assert.equal(got.reason, 'ERROR');
  };
  const ann = {targetingKey: 'ann'};
  await expect(client.getStringDetails('nobody', 'code', ann), 'FLAG_NOT_FOUND');
  await expect(client.getStringDetails('draft', 'code', ann), 'FLAG_NOT_FOUND');
  await expect(client.getStringDetails('b-number', 'code', ann), 'TYPE_MISMATCH');
  await expect(client.getStringDetails('a-string', 'code', {}), 'TARGETING_KEY_MISSING');
  await expect(client.getStringDetails('a-string', 'code', {targetingKey: 'x'.repeat(257)}), 'INVALID_CONTEXT');
  for (const headers of [{}, {authorization: 'Bearer mab_nobody'}, {authorization: `Bearer ${token}`}]) {
    const stranger = await clientOf('strangers', headers);
    await expect(stranger.getStringDetails('a-string', 'code', ann), 'GENERAL');
  }
});

test('A server that is down costs a visitor nothing but the default', async () => {
  const way = await road();
  const client = await clientOf('down', undefined, way.url);
  const ask = () => client.getStringDetails('a-string', 'code', {targetingKey: 'typed-0'});
  assert.equal((await ask()).errorCode, undefined);
  await way.close();
  const down = await ask();
  assert.deepEqual([down.value, down.errorCode], ['code', 'GENERAL']);
  await way.open();
  assert.equal((await ask()).errorCode, undefined);
  await way.close();
});

test('A paused, a completed and an archived experiment', async () => {
  const client = await clientOf('states');
  const ask = (user) => client.getStringDetails('stateful', 'code', {targetingKey: user});
  const becomes = (what, is) => until(what, async () => is(await ask(`new-${Math.random()}`)));
  await start(token, 'stateful', ['A', 'B']);
  await becomes('it runs', (got) => got.reason === 'SPLIT');
  const known = await ask('known');
  await act(token, 'stateful', 'pause');
  await becomes('it is paused', (got) => got.reason === 'DISABLED');
  const fresh = await ask('fresh');
  assert.deepEqual([fresh.value, fresh.variant, fresh.flagMetadata.counted, fresh.flagMetadata.version], ['A', 'a', false, 0]);
  const again = await ask('known');
  assert.deepEqual([again.value, again.reason, again.flagMetadata.returning], [known.value, 'SPLIT', true]);
  await act(token, 'stateful', 'complete', {winner: 'b'});
  await becomes('it is completed', (got) => got.reason === 'STATIC' && got.value === 'B');
  assert.equal((await ask('known')).value, 'B');
  await act(token, 'stateful', 'archive');
  await becomes('it is archived', (got) => got.errorCode === 'FLAG_NOT_FOUND');
});

test('Visitors and conversions agree with the analytics to the last one', async () => {
  await start(token, 'agree', ['A', 'B']);
  await until('it is served', async () => (await evaluate(secret, 'agree', 'visitor-0')).status === 200);
  const provider = withMab(new OFREPProvider({baseUrl: url, headers: [['authorization', `Bearer ${secret}`]]}), {
    baseUrl: url, events: {'order placed': 'agree'},
  });
  await OpenFeature.setProviderAndWait('agree', provider);
  const client = OpenFeature.getClient('agree');
  const variants = {a: {exposures: 0, conversions: 0}, b: {exposures: 0, conversions: 0}};
  const visit = async (visitor) => {
    const context = {targetingKey: `visitor-${visitor}`};
    const {variant} = await client.getStringDetails('agree', 'code', context);
    await client.getStringDetails('agree', 'code', context);
    variants[variant].exposures++;
    if (visitor % 3 !== 0) return;
    variants[variant].conversions++;
    for (let turn = 0; turn < 2; turn++) client.track('order placed', context, {value: 49.9, eventId: `order-${visitor}`});
  };
  for (let first = 0; first < VISITORS; first += 20) {
    await Promise.all(Array.from({length: 20}, (_, index) => visit(first + index)));
  }
  await provider.flush();
  const report = await counted(token, 'agree', {exposures: VISITORS, conversions: Math.ceil(VISITORS / 3)});
  for (const one of report.variants) {
    assert.deepEqual({exposures: one.exposures, conversions: one.conversions}, variants[one.variant.key]);
  }
});
