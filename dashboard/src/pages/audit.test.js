import assert from 'node:assert/strict';
import {test} from 'node:test';
import {changedFields} from './audit.js';

test('names the fields that a change touched', () => {
  assert.deepEqual(changedFields({a: 1, b: {c: [1]}, update_time: 'x'}, {a: 1, b: {c: [2]}, d: null, update_time: 'y'}), ['b', 'd']);
  assert.deepEqual(changedFields({a: 1}, {a: 1}), []);
});

test('takes sides that are no objects', () => {
  for (const side of [null, 1, 'x', [1], true]) assert.deepEqual(changedFields(side, {a: 1}), []);
});
