import assert from 'node:assert/strict';
import {test} from 'node:test';
import {live} from './live.js';

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

// A page whose answers come when they are told to: answers[path] are the functions that answer, oldest first.
function page(t) {
  globalThis.document = Object.assign(new EventTarget(), {hidden: false});
  globalThis.addEventListener = () => {};
  const leaving = new AbortController();
  t.after(() => {
    leaving.abort();
    delete globalThis.document;
  });
  const answers = {e: [], 'e/analytics': []};
  const api = {call: (method, path) => new Promise((answer) => answers[path].push(answer))};
  const state = live({api, path: 'e', signal: leaving.signal, changed: () => {}, problem: () => {}});
  return {state, answers};
}

test('an answer that was asked for before an action does not undo it', async (t) => {
  const {state, answers} = page(t);
  state.take({state: 'PAUSED'});
  answers.e[0]({state: 'RUNNING'});
  await settled();
  assert.equal(state.experiment.state, 'PAUSED');
});

test('numbers never go back', async (t) => {
  const {state, answers} = page(t);
  state.analytics = {as_of: '2026-11-23T10:00:02Z', exposures: 9};
  answers['e/analytics'][0]({as_of: '2026-11-23T10:00:01Z', exposures: 8});
  await settled();
  assert.equal(state.analytics.exposures, 9);
});
