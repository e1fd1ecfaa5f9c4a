import assert from 'node:assert/strict';
import {test} from 'node:test';
import {formatTick, liftScale, niceScale, position, rateScale, stickyScale} from './scale.js';

const row = (mean, lower, upper, disabled = false) => ({variant: {disabled}, posterior: {mean}, credible_interval: {lower, upper}});

test('a scale ends at round numbers around the data', () => {
  assert.deepEqual(niceScale(0.038, 0.058).ticks, [0.035, 0.04, 0.045, 0.05, 0.055, 0.06]);
  assert.deepEqual(niceScale(0, 1).ticks, [0, 0.25, 0.5, 0.75, 1]);
  for (const [lo, hi] of [[0, 1e-9], [0.1, 0.10001], [3, 4000], [0, 0], [NaN, 1], [0, Infinity]]) {
    const scale = niceScale(lo, hi);
    assert.ok(scale.max > scale.min && scale.ticks.length >= 2 && scale.ticks.length <= 7, `${lo} ${hi}: ${scale.ticks}`);
    if (Number.isFinite(lo) && Number.isFinite(hi)) assert.ok(scale.min <= lo && scale.max >= hi);
  }
});

test('a scale stays while the data move a little, and changes where they leave it or shrink in it', () => {
  const scale = niceScale(0.02, 0.06);
  assert.equal(stickyScale(scale, 0.025, 0.055), scale);
  assert.notEqual(stickyScale(scale, 0.025, 0.07), scale);
  assert.notEqual(stickyScale(scale, 0.04, 0.041), scale);
  assert.deepEqual(stickyScale(null, 0.02, 0.06), scale);
});

test('positions stay on the scale', () => {
  const scale = niceScale(0, 1);
  assert.deepEqual([-5, 0, 0.5, 1, 7].map((value) => position(scale, value)), [0, 0, 0.5, 1, 1]);
});

test('ticks have the digits they need', () => {
  assert.equal(formatTick(0.045, 0.005), '4.5 %');
  assert.equal(formatTick(0.5, 0.25), '50 %');
  assert.equal(formatTick(-0.5, 0.25), '−50 %');
  assert.equal(formatTick(0.00025, 0.00025), '0.025 %');
});

test('a variant that few have seen, or that is disabled, does not squeeze the others', () => {
  assert.ok(rateScale(null, [row(0.05, 0.045, 0.055), row(0.04, 0.001, 0.6)]).max < 0.2);
  assert.ok(rateScale(null, [row(0.05, 0.045, 0.055), row(0.9, 0.8, 1, true)]).max < 0.1);
  assert.ok(rateScale(null, [row(0.5, 0.025, 0.975)]).max === 1);
});

test('lifts are drawn around nought, and those without bounds leave the scale', () => {
  const lift = (median, lower, upper) => ({variant: {disabled: false}, versus_control: {lift: {median, lower, upper}}});
  const scale = liftScale(null, [lift(0.15, 0.016, 0.304), {variant: {disabled: false}, versus_control: null}]);
  assert.equal(scale.min, -scale.max);
  assert.equal(liftScale(null, [lift(2, 1, 4)]).min, -1);
  assert.ok(scale.max >= 0.3 && scale.max <= 0.5);
  assert.ok(liftScale(null, [lift(0.1, -0.9, 1e12)]).max < 1);
  assert.equal(liftScale(null, [{variant: {disabled: false}, versus_control: null}]), null);
});
