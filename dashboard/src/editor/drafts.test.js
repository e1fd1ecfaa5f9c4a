import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Draft} from './drafts.js';
import {dropDrafts} from './draft_keys.js';
import {emptyForm, formOf} from './form_model.js';

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
  assert.deepEqual(new Draft({storage, name: 'me:new', now: () => 6}).load(), {at: 5, form, base: null, tried: null});
  assert.equal(new Draft({storage, name: 'you:new'}).load(), null);
  draft.drop();
  assert.equal(draft.load(), null);
});

test('is bounded in size, number and age', () => {
  const storage = new FakeStorage();
  const large = {...emptyForm(), description: 'x'.repeat(4_000_001)};
  assert.equal(new Draft({storage, name: 'large'}).save({form: large, base: null}), false);
  for (let index = 0; index < 25; index++) new Draft({storage, name: `n${index}`, now: () => index}).save({form: emptyForm(), base: null});
  assert.equal(storage.length, 10);
  assert.equal(new Draft({storage, name: 'n24', now: () => 31 * DAY_MS}).load(), null);
  new Draft({storage, name: 'late', now: () => 31 * DAY_MS}).save({form: emptyForm(), base: null});
  assert.equal(storage.length, 1);
  for (let index = 0; index < 9; index++) {
    const form = {...emptyForm(), description: 'x'.repeat(1_000_000)};
    assert.ok(new Draft({storage, name: `l${index}`, now: () => 31 * DAY_MS + index}).save({form, base: null}));
  }
  assert.deepEqual([...storage.entries.keys()].sort(), ['mab:editor:1:l6', 'mab:editor:1:l7', 'mab:editor:1:l8']);
});

// As large as the server allows.
function largeExperiment(etag, change = (variant) => variant) {
  const variants = Array.from({length: 100}, (_, index) => change({
    key: `k${index}`, name: `Variant ${index}`, is_control: index === 0, disabled: false, weight: 1, payload: {text: `${index}`.padEnd(16_000, 'x')},
  }));
  return {
    id: 'x', key: 'x', etag, name: 'Large', description: '', policy: 'THOMPSON', floor: 0.01, traffic_share: 1, threshold_of_caring: 0.0005, burn_in_exposures: 0,
    minimum_exposures: 100, prior: {alpha: 1, beta: 1}, conversion_window_seconds: 604800, allowed_origins: [], state: 'DRAFT', variants,
  };
}

test('keeps the largest experiments, of which only what differs is written', () => {
  const storage = new FakeStorage();
  const draft = new Draft({storage, name: 'large', now: () => 1});
  const base = largeExperiment('1');
  const form = formOf(base);
  form.variants[7].payload.text = 'mine';
  form.variants.splice(3, 1);
  assert.ok(draft.save({form, base}));
  assert.ok(storage.getItem('mab:editor:1:large').length < 100_000);
  assert.deepEqual(draft.load(base), {at: 1, form, base, tried: null});
  for (const variant of form.variants) variant.payload.text = variant.payload.text.padEnd(16_001, 'x');
  assert.ok(draft.save({form, base}), 'also where all of it differs');
  assert.deepEqual(draft.load(base).form, form);
});

test('what was not touched is as the server has it now, and what was is as it was', () => {
  const draft = new Draft({storage: new FakeStorage(), name: 'stale', now: () => 1});
  const base = largeExperiment('1');
  const form = formOf(base);
  form.variants[7].payload.text = 'mine';
  draft.save({form, base});
  const current = largeExperiment('2', (variant) => ({...variant, payload: {text: `theirs ${variant.key}`}}));
  current.variants.splice(9, 1);
  const kept = draft.load(current);
  assert.deepEqual([kept.base.etag, kept.base.variants.length, kept.form.variants.length], ['1', 99, 99]);
  assert.deepEqual([kept.base.variants[7].payload.text, kept.form.variants[7].payload.text], [base.variants[7].payload.text, 'mine']);
  assert.deepEqual([kept.base.variants[8].payload.text, kept.form.variants[8].payload.text], ['theirs k8', 'theirs k8']);
});

test('the newest draft finds room in a browser that is full', () => {
  const storage = new FakeStorage();
  storage.setItem = (key, value) => {
    const others = [...storage.entries].filter(([other]) => other !== key).reduce((sum, [, text]) => sum + text.length, 0);
    if (others + value.length > 2000) throw new Error('QuotaExceededError');
    storage.entries.set(key, value);
  };
  for (let index = 0; index < 6; index++) assert.ok(new Draft({storage, name: `n${index}`, now: () => index}).save({form: emptyForm(), base: null}));
  assert.ok(storage.length > 1 && storage.length < 6);
  assert.ok(new Draft({storage, name: 'n5', now: () => 6}).load());
});

test('a deliberate sign-out takes the drafts of the account, and no others', () => {
  const storage = new FakeStorage();
  for (const name of ['me:new:1', 'me:x:2', 'meta:new:1']) new Draft({storage, name}).save({form: emptyForm(), base: null});
  storage.setItem('mab-theme', 'dark');
  dropDrafts(storage, 'me');
  assert.deepEqual([...storage.entries.keys()].sort(), ['mab-theme', 'mab:editor:1:meta:new:1']);
  dropDrafts(null, 'me');
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
