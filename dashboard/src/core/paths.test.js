import assert from 'node:assert/strict';
import {test} from 'node:test';
import {experimentPath} from './paths.js';

test('every experiment has a page, whatever its key', () => {
  assert.equal(experimentPath({id: '0198', key: 'hero-title'}), '/experiments/hero-title');
  assert.equal(experimentPath({id: '0198', key: 'new'}), '/experiments/0198');
});
