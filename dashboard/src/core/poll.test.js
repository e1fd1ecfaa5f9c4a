import assert from 'node:assert/strict';
import {mock, test} from 'node:test';
import {poll} from './poll.js';

// What poll.js asks of a browser. Its timers stand still until they are moved.
function browser(t) {
  globalThis.document = Object.assign(new EventTarget(), {hidden: false});
  globalThis.addEventListener = () => {};
  mock.timers.enable({apis: ['setTimeout']});
  t.after(() => {
    mock.timers.reset();
    delete globalThis.document;
  });
}

const settled = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

test('asks at once, and again after each end', async (t) => {
  browser(t);
  let times = 0;
  poll({signal: new AbortController().signal, everyMs: 2000, load: async () => times++});
  await settled();
  assert.equal(times, 1);
  mock.timers.tick(1999);
  await settled();
  assert.equal(times, 1);
  mock.timers.tick(1);
  await settled();
  assert.equal(times, 2);
});

test('a hidden page asks for nothing, and at once when it is shown', async (t) => {
  browser(t);
  let times = 0;
  poll({signal: new AbortController().signal, everyMs: 2000, load: async () => times++});
  await settled();
  document.hidden = true;
  mock.timers.tick(60000);
  await settled();
  assert.equal(times, 1);
  document.hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  await settled();
  assert.equal(times, 2);
});

test('waits longer while it fails, at most half a minute, and as before when it works', async (t) => {
  browser(t);
  let times = 0;
  let fails = true;
  poll({signal: new AbortController().signal, everyMs: 2000, load: async () => {
    times++;
    if (fails) throw new Error('away');
  }});
  await settled();
  for (const wait of [4000, 8000, 16000, 30000, 30000]) {
    const before = times;
    mock.timers.tick(wait - 1);
    await settled();
    assert.equal(times, before, `not before ${wait} ms`);
    mock.timers.tick(1);
    await settled();
    assert.equal(times, before + 1, `after ${wait} ms`);
  }
  fails = false;
  mock.timers.tick(30000);
  await settled();
  const before = times;
  mock.timers.tick(2000);
  await settled();
  assert.equal(times, before + 1);
});

test('ends with its page, and with a failure that is final', async (t) => {
  browser(t);
  let times = 0;
  const leaving = new AbortController();
  poll({signal: leaving.signal, everyMs: 2000, load: async () => times++});
  poll({signal: new AbortController().signal, everyMs: 2000, load: async () => {
    times++;
    throw Object.assign(new Error('gone'), {final: true});
  }});
  await settled();
  leaving.abort();
  mock.timers.tick(60000);
  await settled();
  assert.equal(times, 2);
});

test('what failed for good is not asked again by a page that is shown again', async (t) => {
  browser(t);
  let times = 0;
  const {now} = poll({signal: new AbortController().signal, everyMs: 2000, load: async () => {
    times++;
    throw Object.assign(new Error('gone'), {final: true});
  }});
  await settled();
  document.dispatchEvent(new Event('visibilitychange'));
  await settled();
  await now();
  assert.equal(times, 1);
});

test('now() waits for what is under way, and asks once more', async (t) => {
  browser(t);
  const ends = [];
  const {now} = poll({signal: new AbortController().signal, everyMs: 2000, load: () => new Promise((resolve) => ends.push(resolve))});
  const asked = [now(), now()];
  ends.shift()();
  await settled();
  assert.equal(ends.length, 1, 'once for both');
  ends.shift()();
  await Promise.all(asked);
});
