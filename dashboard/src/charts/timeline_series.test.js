import assert from 'node:assert/strict';
import {test} from 'node:test';
import {marksOf, ranges, rateBounds, seriesOf, shownVariants, stacked, stepFor} from './timeline_series.js';

const entry = (exposures, conversions, rate, allocation) => ({exposures, conversions, cumulative_rate: rate, credible_interval: {lower: rate / 2, upper: rate * 2}, probability_best: allocation, allocation});
const answer = {
  as_of: '2026-11-22T01:30:00Z',
  variants: [{key: 'a', name: 'Today', is_control: true}, {key: 'b', name: 'Short'}],
  rows: [
    {start: '2026-11-22T00:00:00Z', end: '2026-11-22T01:00:00Z', variants: [entry(0, 0, 0, null), entry(10, 1, 0.1, null)]},
    {start: '2026-11-22T01:00:00Z', end: '2026-11-22T02:00:00Z', variants: [entry(5, 0, 0, 0.4), entry(10, 1, 0.1, 0.6)]},
  ],
};

test('series have a value or null for each time, and no row ends in the future', () => {
  const series = seriesOf(answer, [0, 1]);
  assert.deepEqual(series.times, [Date.UTC(2026, 10, 22, 1) / 1000, Date.UTC(2026, 10, 22, 1, 30) / 1000]);
  assert.equal(series.from, Date.UTC(2026, 10, 22) / 1000);
  assert.deepEqual(series.rate, [[null, 0], [0.1, 0.1]]);
  assert.deepEqual(series.lower[0], [null, 0]);
  assert.equal(series.others, null);
  assert.deepEqual(seriesOf(answer, [1]).others, [null, 0.4]);
  assert.deepEqual(series.share, [[null, 0.4], [null, 0.6]]);
});

test('shares are stacked, the first on top', () => {
  assert.deepEqual(stacked([[0.25, null], [0.25, 0.5], [0.5, 0.5]]), [[1, null], [0.75, 1], [0.5, 0.5]]);
});

test('of many variants the likeliest and the control are shown', () => {
  const variants = Array.from({length: 40}, (_, index) => ({key: `v${index}`, is_control: index === 0}));
  const rows = [{variants: variants.map((_, index) => entry(1, 0, 0, index / 1000))}];
  const shown = shownVariants({variants, rows});
  assert.deepEqual(shown, [0, 32, 33, 34, 35, 36, 37, 38, 39]);
  assert.deepEqual(shownVariants({variants: variants.slice(0, 9), rows}), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(shownVariants({variants, rows: []}).length <= 9, true);
});

test('answers stay short', () => {
  assert.equal(stepFor(90 * 86400, 3), '');
  assert.equal(stepFor(30 * 86400, 40), '6h');
  assert.equal(stepFor(1e9, 100), '7d');
  assert.deepEqual(ranges(3 * 86400).map(({id}) => id), ['hour', 'day', 'all']);
  assert.deepEqual(ranges(0).map(({id}) => id), ['all']);
});

test('rates have bounds even where there are none', () => {
  assert.deepEqual(rateBounds({rate: [[null]], lower: [[null]], upper: [[null]]}), [0, 1]);
  const [low, high] = rateBounds(seriesOf(answer, [0, 1]));
  assert.ok(low === 0 && high >= 0.1 && high <= 0.25);
});

test('changes are marks with words, and none where the server knows none', () => {
  assert.deepEqual(marksOf(answer), []);
  const changes = [{time: '2026-11-22T00:00:00Z', kind: 'STARTED', variant_key: ''}, {time: '2026-11-22T01:00:00Z', kind: 'VARIANT_DISABLED', variant_key: 'b'}, {time: null, kind: 'PAUSED'}];
  assert.deepEqual(marksOf({...answer, changes}).map(({text}) => text), ['Started', 'Short disabled']);
});
