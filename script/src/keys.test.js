import assert from 'node:assert/strict';
import {test} from 'node:test';
import {forcedBy, inParts, keysOf} from './keys.js';

test('keys are read as people write them', () => {
  for (const [list, expected] of [
    ['hero', ['hero']], [' hero,  cta ', ['hero', 'cta']], [['hero', 'cta'], ['hero', 'cta']], [['a, b', 'c'], ['a', 'b', 'c']], ['a,a', ['a']],
    [undefined, []], [null, []], ['', []], [[], []], [[undefined, 'a'], ['a']],
  ]) assert.deepEqual(keysOf(list), expected, JSON.stringify(list));
});

test('no key is longer than the server takes', () => {
  assert.ok(keysOf('x'.repeat(500)).every((key) => key.length <= 64));
});

test('forced variants', () => {
  assert.deepEqual(forcedBy('hero:b,cta:a'), {hero: 'b', cta: 'a'});
  for (const nothing of [null, '', 'hero', ':b', '<script>:']) assert.equal(forcedBy(nothing), null, nothing);
});

test('parts have at most a hundred', () => {
  const sizes = [];
  inParts(Array.from({length: 250}, (_, index) => index), (part) => sizes.push(part.length));
  assert.deepEqual(sizes, [100, 100, 50]);
  inParts([], () => assert.fail());
});
