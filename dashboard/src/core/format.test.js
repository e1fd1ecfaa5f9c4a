import assert from 'node:assert/strict';
import {test} from 'node:test';
import {clip, formatAgo, formatCount, formatLoss, formatPercent, formatProbability, formatState, formatTime} from './format.js';

test('a missing number is a dash, never NaN or undefined', () => {
  for (const format of [formatCount, formatPercent, formatProbability, formatLoss]) {
    for (const value of [undefined, null, NaN, Infinity, 'x']) assert.equal(format(value), '–');
  }
  assert.equal(formatAgo(null, 0), '–');
  assert.equal(formatAgo('rubbish', 0), '–');
  assert.equal(formatState(''), '–');
});

test('a probability that is only close to 0 or 1 is not shown as 0 or 1', () => {
  assert.equal(formatProbability(0), '0.0\u00a0%');
  assert.equal(formatProbability(1e-9), '< 0.1\u00a0%');
  assert.equal(formatProbability(0.001), '0.1\u00a0%');
  assert.equal(formatProbability(0.98644), '98.6\u00a0%');
  assert.equal(formatProbability(0.99999), '> 99.9\u00a0%');
  assert.equal(formatProbability(1), '100.0\u00a0%');
});

test('counts, rates and losses', () => {
  assert.equal(formatCount(20000), '20,000');
  assert.equal(formatPercent(0.04631), '4.63\u00a0%');
  assert.equal(formatLoss(0.00696), '0.696 pp');
  assert.equal(formatLoss(1e-9), '< 0.001 pp');
  assert.equal(formatLoss(0), '0.000 pp');
});

test('times are told from now', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  assert.equal(formatAgo('2026-11-22T11:59:30Z', now), 'just now');
  assert.equal(formatAgo('2026-11-22T09:00:00Z', now), '3 hr. ago');
  assert.equal(formatAgo('2026-11-21T12:00:00Z', now), 'yesterday');
});

test('times stand for themselves', () => {
  assert.match(formatTime('2026-11-22T11:59:30Z'), /^2[123] Nov 2026, \d\d:59$/);
  assert.equal(formatTime(null), '–');
});

test('what is cut is cut between what people take for characters', () => {
  assert.equal(clip('short', 5), 'short');
  assert.equal(clip('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 2), '👩‍👩‍👧…');
});
