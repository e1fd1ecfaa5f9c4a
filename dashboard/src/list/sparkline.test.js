import assert from 'node:assert/strict';
import {test} from 'node:test';
import {sparklinePoints, wholeSteps} from './sparkline.js';

test('the largest count is at the top, nothing at the bottom', () => {
  assert.deepEqual(sparklinePoints([0, 5, 10], 96, 28), [[0, 26], [48, 14], [96, 2]]);
});

test('no traffic at all is a line at the bottom', () => {
  assert.deepEqual(sparklinePoints([0, 0], 96, 28), [[0, 26], [96, 26]]);
});

test('steps that are not over make no fall', () => {
  assert.deepEqual(wholeSteps([1, 9, 9, 9, 9, 2]), [9, 9, 9, 9]);
  assert.deepEqual(wholeSteps([1, 9, 2]), [1, 9, 2]);
});
