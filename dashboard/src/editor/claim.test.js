import assert from 'node:assert/strict';
import {test} from 'node:test';
import {claimDraft} from './claim.js';
import {emptyForm} from './form_model.js';

class FakeStorage {
  entries = new Map();
  get length() { return this.entries.size; }
  key(index) { return [...this.entries.keys()][index] ?? null; }
  getItem(key) { return this.entries.get(key) ?? null; }
  setItem(key, value) { this.entries.set(key, value); }
  removeItem(key) { this.entries.delete(key); }
}

// As navigator.locks: who waits is let in when the lock is free, or told that it took too long.
class FakeLocks {
  #held = new Set();

  async request(name, {ifAvailable = false, signal}, work) {
    while (this.#held.has(name)) {
      if (ifAvailable) return work(null);
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#held.add(name);
    await work({name});
    this.#held.delete(name);
  }
}

function browser({locks = new FakeLocks()} = {}) {
  const storage = new FakeStorage();
  let clock = 0;
  return {
    storage,
    async open(session = new FakeStorage()) {
      const closing = new AbortController();
      const draft = await claimDraft({storage, session, locks, name: 'me:new', signal: closing.signal, now: () => ++clock});
      const type = (name) => draft.save({form: {...emptyForm(), name}, base: null});
      return {session, type, typed: () => draft.load()?.form.name ?? null, close: () => closing.abort()};
    },
  };
}

test('each tab has its own draft, also one that is a copy of another', async () => {
  const {open, storage} = browser();
  const first = await open();
  first.type('first');
  const second = await open();
  assert.equal(second.typed(), null);
  second.type('second');
  const copied = new FakeStorage();
  copied.entries = new Map(first.session.entries);
  const copy = await open(copied);
  assert.equal(copy.typed(), null);
  copy.type('copy');
  assert.deepEqual([first.typed(), second.typed(), copy.typed()], ['first', 'second', 'copy']);
  assert.equal(storage.length, 3);
});

test('a tab that is reloaded finds its own', async () => {
  const {open} = browser();
  const first = await open();
  first.type('first');
  const second = await open();
  second.type('second');
  // The page that goes holds its lock a little longer.
  setTimeout(() => first.close(), 50);
  assert.equal((await open(first.session)).typed(), 'first');
});

test('the newest draft that no open tab has is taken over', async () => {
  const {open, storage} = browser();
  const tabs = [await open(), await open(), await open()];
  for (const [index, tab] of tabs.entries()) tab.type(`${index}`);
  tabs[0].close();
  tabs[1].close();
  const next = await open();
  assert.equal(next.typed(), '1');
  assert.equal((await open()).typed(), '0');
  assert.equal((await open()).typed(), null);
  assert.equal(storage.length, 3);
});

test('works without locks and without storage', async () => {
  const {open} = browser({locks: null});
  const first = await open();
  first.type('first');
  assert.equal((await open(first.session)).typed(), 'first');
  const draft = await claimDraft({storage: null, session: null, locks: null, name: 'me:new', signal: new AbortController().signal});
  assert.equal(draft.load(), null);
});
