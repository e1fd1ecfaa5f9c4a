import assert from 'node:assert/strict';
import {test} from 'node:test';
import {excerpts} from './excerpts.js';

test('short texts stay as they are', () => {
  assert.deepEqual(excerpts(['Collision', 'Theirs', 'Mine']), ['Collision', 'Theirs', 'Mine']);
  assert.deepEqual(excerpts(['', 'x', 'x']), ['', 'x', 'x']);
});

test('of long ones the part that differs is shown', () => {
  const long = (middle) => `${'a'.repeat(2000)} ${middle} ${'z'.repeat(2000)}`;
  const [was, theirs, mine] = excerpts([long('was'), long('theirs'), long('mine')]);
  assert.match(was, /^…a{29} was z+…$/);
  assert.match(theirs, /^…a{29} theirs z+…$/);
  assert.match(mine, /^…a{29} mine z+…$/);
  assert.ok(mine.length < 100);
});

test('is bounded, and cuts no character in two', () => {
  const [llamas, other] = excerpts(['🦙'.repeat(5000), 'x']);
  assert.ok(llamas.length < 610 && llamas.isWellFormed() && other === 'x');
  for (const text of excerpts([`${'a'.repeat(99)}🦙`, `${'a'.repeat(99)}🦊`])) assert.ok(text.isWellFormed(), text);
});
