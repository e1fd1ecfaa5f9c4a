import assert from 'node:assert/strict';
import {test} from 'node:test';
import {betaDensity, curves, labelRows} from './density.js';

const HARD = [[0.1, 0.1], [0.1, 1e6], [1, 1], [1, 100], [100, 1], [0.5, 3], [2, 2], [371, 7621], [1e6, 0.1], [1e9, 1e9], [5, 1e9], [1e9, 3]];

test('densities are finite, lie within 0 and 1, and add up to 1', () => {
  for (const [alpha, beta] of HARD) {
    const {x, density, peak} = betaDensity(alpha, beta);
    const width = x[1] - x[0];
    const area = density.reduce((sum, value) => sum + value, 0) * width;
    assert.ok(x.every((value) => value > 0 && value < 1), `${alpha}, ${beta}`);
    assert.ok(density.every((value) => Number.isFinite(value) && value >= 0), `${alpha}, ${beta}`);
    assert.ok(Math.abs(area - 1) < 1e-6, `${alpha}, ${beta}: ${area}`);
    assert.ok(Math.abs(peak - Math.max(...density)) < 1e-9 * peak);
  }
});

test('they agree with what is known in closed form', () => {
  const {x, density} = betaDensity(2, 2);
  x.forEach((value, index) => assert.ok(Math.abs(density[index] - 6 * value * (1 - value)) < 1e-3));
  assert.ok(Math.abs(betaDensity(1e6, 1e6).peak / (Math.sqrt(2 * (2e6 + 1)) / Math.sqrt(Math.PI) ) - 1) < 1e-2);
  assert.ok(betaDensity(1, 50).density[0] > betaDensity(1, 50).density[10], 'it falls from nought on');
});

test('the tallest curve is of height 1, and none is flat beside it', () => {
  const [sure, unsure] = curves([{alpha: 50000, beta: 950000}, {alpha: 5, beta: 95}]);
  assert.ok(Math.abs(Math.max(...sure.height) - 1) < 1e-9);
  assert.ok(Math.max(...unsure.height) > 0.05);
});

test('labels never overlap', () => {
  const labels = [{centre: 50, width: 40}, {centre: 60, width: 40}, {centre: 120, width: 40}, {centre: 55, width: 10}];
  const rows = labelRows(labels);
  for (const [i, a] of labels.entries()) {
    for (const [j, b] of labels.entries()) {
      if (i < j && rows[i] === rows[j]) assert.ok(Math.abs(a.centre - b.centre) >= (a.width + b.width) / 2);
    }
  }
  assert.equal(rows[2], 0);
});
