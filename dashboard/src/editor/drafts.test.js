import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Draft} from './drafts.js';
import {emptyForm} from './form_model.js';

class FakeStorage {
  entries = new Map();
  get length() { return this.entries.size; }
  key(index) { return [...this.entries.keys()][index] ?? null; }
  getItem(key) { return this.entries.get(key) ?? null; }
  setItem(key, value) { this.entries.set(key, value); }
  removeItem(key) { this.entries.delete(key); }
}

const DAY_MS = 86400 * 1000;

test('keeps what was typed until it is dropped', () => {
  const storage = new FakeStorage();
  const draft = new Draft({storage, name: 'me:new', now: () => 5});
  const form = {...emptyForm(), name: 'Hero'};
  assert.ok(draft.save({form, base: null}));
  assert.deepEqual(new Draft({storage, name: 'me:new', now: () => 6}).load(), {at: 5, form, base: null});
  assert.equal(new Draft({storage, name: 'you:new'}).load(), null);
  draft.drop();
  assert.equal(draft.load(), null);
});

test('is bounded in size, number and age', () => {
  const storage = new FakeStorage();
  const large = {...emptyForm(), description: 'x'.repeat(2_000_000)};
  assert.equal(new Draft({storage, name: 'large'}).save({form: large, base: null}), false);
  for (let index = 0; index < 25; index++) new Draft({storage, name: `n${index}`, now: () => index}).save({form: emptyForm(), base: null});
  assert.equal(storage.length, 10);
  assert.equal(new Draft({storage, name: 'n24', now: () => 31 * DAY_MS}).load(), null);
  new Draft({storage, name: 'late', now: () => 31 * DAY_MS}).save({form: emptyForm(), base: null});
  assert.equal(storage.length, 1);
});

test('leaves alone what others keep, and takes nothing that is no draft', () => {
  const storage = new FakeStorage();
  storage.setItem('mab-theme', 'dark');
  storage.setItem('mab:editor:0:old', '{}');
  for (const text of ['', 'x', '{}', '{"at":1,"form":null}', '{"at":1,"form":{"name":"x"}}', 'null']) {
    storage.setItem('mab:editor:1:me', text);
    assert.equal(new Draft({storage, name: 'me', now: () => 2}).load(), null, text);
  }
  new Draft({storage, name: 'me', now: () => 2}).save({form: emptyForm(), base: null});
  assert.deepEqual([...storage.entries.keys()].sort(), ['mab-theme', 'mab:editor:1:me']);
});

test('works without storage, and with one that is full', () => {
  const full = Object.assign(new FakeStorage(), {setItem() { throw new Error('QuotaExceededError'); }});
  for (const storage of [null, full]) {
    const draft = new Draft({storage, name: 'me'});
    assert.equal(draft.save({form: emptyForm(), base: null}), false);
    assert.equal(draft.load(), null);
    draft.drop();
  }
});
