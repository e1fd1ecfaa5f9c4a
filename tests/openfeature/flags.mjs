// Experiments that are flags of every type, keys that evaluate them, and a road to the system that can be closed.
import assert from 'node:assert/strict';
import http from 'node:http';
import {call, done, until, url} from '../browser/system.mjs';

/** The payloads of variants a and b, by the key of the experiment. A null is a flag whose value is the variant's key. */
export const PAYLOADS = {
  'a-string': ['Welcome', 'Ship <today> & tomorrow'],
  'b-number': [0, 49.95],
  'c-boolean': [false, true],
  'd-object': [{text: 'a', list: [1, null]}, {text: 'b', deep: {er: true}}],
  'e-none': [null, null],
};

/** Creates an experiment with a variant a payload, and starts it. */
export async function start(token, key, payloads, fields = {}) {
  const variants = payloads.map((payload, index) => ({key: 'ab'[index], payload}));
  await done('/api/experiments', {name: key, key, variants, ...fields}, token);
  await act(token, key, 'start');
}

export function act(token, key, action, body = {}) {
  return done(`/api/experiments/${key}:${action}`, body, token);
}

/** The secret of a new key that may assign, once it does. */
export async function newKey(token, fields = {}) {
  const {secret} = await done('/api/keys', {name: 'OpenFeature', scopes: ['ASSIGN'], ...fields}, token);
  await until('the key is known', async () => (await evaluate(secret, 'nobody')).status === 404);
  return secret;
}

/** One evaluation without a client. */
export function evaluate(secret, key, user = 'prober') {
  return call(`/ofrep/v1/evaluate/flags/${key}`, {context: {targetingKey: user}}, secret);
}

/** Waits until bulk evaluations have exactly these flags. */
export function served(secret, keys) {
  const ask = async () => (await call('/ofrep/v1/evaluate/flags', {context: {targetingKey: 'prober'}}, secret)).body.flags;
  return until(`${keys} are served`, async () => String((await ask())?.map((flag) => flag.key)) === String([...keys].sort()));
}

/** The analytics of the experiment, once they have so many conversions and exposures. There are never more. */
export async function counted(token, key, {exposures, conversions = 0}) {
  const enough = async () => {
    const report = await done(`/api/experiments/${key}/analytics`, undefined, token);
    return report.exposures >= exposures && report.conversions >= conversions && report;
  };
  const report = await until(`${key} has ${exposures} exposures and ${conversions} conversions`, enough);
  assert.deepEqual([report.exposures, report.conversions], [exposures, conversions], key);
  return report;
}

/** The value of the flag that a visitor with that variant gets. */
export function valueOf(key, variant) {
  return PAYLOADS[key]['ab'.indexOf(variant)] ?? variant;
}

/** A road to the system, at an address of its own, that the test closes and opens again. */
export async function road() {
  const open = () => new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const server = http.createServer((request, response) => {
    const onwards = http.request(url + request.url, {method: request.method, headers: request.headers}, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onwards.on('error', () => response.destroy());
    response.on('close', () => onwards.destroy());
    request.pipe(onwards);
  });
  let port = 0;
  await open();
  port = server.address().port;
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return {url: `http://127.0.0.1:${port}`, open, close};
}
