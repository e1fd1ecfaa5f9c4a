import assert from 'node:assert/strict';
import {test} from 'node:test';
import {csv} from './csv.js';
import {analyticsFields, analyticsRows, overallFields, timelineRows} from './raw_rows.js';

const variant = (key, versus) => ({
  variant: {key, name: key === 'b' ? '=HYPERLINK("x")' : 'Today', is_control: key === 'a', disabled: false}, exposures: 10, conversions: 1, rate: 0.1,
  posterior: {alpha: 2, beta: 10, mean: 1 / 6}, credible_interval: {lower: 0.02, upper: 0.4}, probability_best: 0.5, expected_loss: 0.01, allocation: 0.5, versus_control: versus,
});
const analytics = {experiment_key: 'k', as_of: '2026-11-22T10:00:00Z', version: 5, exposures: 20, conversions: 2, variants: [variant('a', null), variant('b', {difference: {mean: -0.01, lower: -0.2, upper: 0.1}, lift: {median: 0.1, lower: -1, upper: 2}, probability_better: 0.5})]};

test('every line has a value for each head, and no digit is lost', () => {
  const rows = analyticsRows(analytics);
  assert.ok(rows.every((row) => row.length === rows[0].length));
  assert.equal(rows[1][rows[0].indexOf('posterior_mean')], 1 / 6);
  assert.equal(analyticsFields(analytics).length, rows[0].length - 3);
  assert.match(csv(rows), /"'=HYPERLINK\(""x""\)"/);
  assert.match(csv(rows), /,-0.01,/);
});

test('fields that are not there are empty', () => {
  assert.doesNotMatch(csv(overallFields(analytics)), /undefined|NaN|null/);
  assert.doesNotMatch(csv(analyticsRows(analytics)), /undefined|NaN|null/);
});

test('the timeline has a line a step and variant', () => {
  const entry = {exposures: 1, conversions: 0, cumulative_rate: 0, credible_interval: {lower: 0, upper: 1}, probability_best: null, allocation: null};
  const rows = timelineRows({experiment_key: 'k', variants: analytics.variants.map((row) => row.variant), rows: [{start: 's', end: 'e', version: 0, variants: [entry, entry]}]});
  assert.equal(rows.length, 3);
  assert.ok(rows.every((row) => row.length === rows[0].length));
});
