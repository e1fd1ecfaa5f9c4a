import assert from 'node:assert/strict';
import {test} from 'node:test';
import {lookupProblem, proofSteps, recordSentences} from './proof_text.js';

const a = {key: 'a', name: 'Today'};
const b = {key: 'b', name: 'Short'};
const base = {
  floor_coin: 0.42, floor_mass: 0.03, leader_coin: 0.7, choice: 0.61, winner: b,
  variants: [{variant: a, drawn_odds: 0.06, drawn_rate: 0.0566}, {variant: b, drawn_odds: 0.05, drawn_rate: 0.0476}],
};
const told = (path, more = {}) => proofSteps({version: 1795456882188, replay: {...base, path, ...more}}).map(({title, text}) => `${title}: ${text}`).join('\n');

test('each path is told, and nothing undefined is said', () => {
  const expected = {
    WEIGHTS: /0\.61, falls into the share of “Short”/,
    FLOOR: /less than 0\.03[\s\S]*part of “Short”/,
    LARGEST_DRAW: /not less than 0\.03[\s\S]*4\.76\u00a0%, is that of “Short”/,
    TOP_TWO_LEADER: /is less than 0\.5: the leader/,
    TOP_TWO_CHALLENGER: /5\.66\u00a0%, is that of “Today”[\s\S]*0\.7, is not less than 0\.5[\s\S]*0\.61 falls to “Short”/,
  };
  for (const [path, pattern] of Object.entries(expected)) {
    assert.match(told(path), pattern);
    const bare = told(path, {floor_coin: null, floor_mass: null, leader_coin: null, choice: null, winner: null, variants: []});
    assert.doesNotMatch(bare, /undefined|NaN|null/, bare);
  }
  assert.deepEqual(proofSteps({version: 1, replay: {agrees: false}}), []);
  assert.deepEqual(proofSteps({version: 1, replay: null}), []);
});

test('what is on record is told', () => {
  const record = {variant: b, assigned_at: '2026-11-22T10:00:00Z', exposed_at: null, conversion: null, propensity: 0.5};
  assert.match(recordSentences(record).join(' '), /“Short” on 22 Nov 2026.*50.00\u00a0%.*never shown.*no conversion/);
  const converted = {...record, exposed_at: '2026-11-22T10:00:00Z', conversion: {converted_at: '2026-11-22T11:00:00Z', credited: true}};
  assert.match(recordSentences(converted).join(' '), /is counted/);
});

test('a visitor who is not there is explained', () => {
  assert.match(lookupProblem({code: 'ASSIGNMENT_NOT_FOUND'}, {}), /No visitor with this id/);
  assert.match(lookupProblem({code: 'ASSIGNMENT_NOT_FOUND'}, {rows_retire_time: '2026-11-22T10:00:00Z'}), /deleted/);
  assert.equal(lookupProblem({code: 'UNAVAILABLE'}, {}), null);
});
