import assert from 'node:assert/strict';
import {test} from 'node:test';
import {actionsFor, canDisable, consequences} from './actions.js';

const variants = [
  {key: 'a', name: 'Today', is_control: true, disabled: false, weight: 1},
  {key: 'b', name: 'Short', is_control: false, disabled: false, weight: 3},
  {key: 'c', name: 'Long', is_control: false, disabled: false, weight: 0},
];
const experiment = {state: 'RUNNING', policy: 'THOMPSON', variants, traffic_share: 1};
const analytics = {
  exposures: 20000,
  variants: variants.map((variant, index) => ({variant, exposures: [5000, 12000, 3000][index], allocation: [0.1, 0.7, 0.2][index], probability_best: [0.01, 0.9, 0.09][index]})),
  verdict: {leader: 'b', recommendation: 'COMPLETE'},
  delays: {pending_exposures: 812, window_seconds: 604800},
};
const all = ({effects, warnings}) => [...effects, ...warnings].join(' ');

test('offers what the state and the role allow', () => {
  const verbs = (state, role) => actionsFor(state, role).map(({verb}) => verb);
  assert.deepEqual(verbs('DRAFT', 'EDITOR'), ['delete', 'start']);
  assert.deepEqual(verbs('RUNNING', 'ADMIN'), ['pause', 'complete']);
  assert.deepEqual(verbs('PAUSED', 'EDITOR'), ['resume', 'complete']);
  assert.deepEqual(verbs('ARCHIVED', 'ADMIN'), []);
  for (const state of ['DRAFT', 'RUNNING', 'PAUSED', 'COMPLETED']) assert.deepEqual(verbs(state, 'VIEWER'), []);
  assert.deepEqual(verbs('SOMETHING_NEW', 'ADMIN'), []);
});

test('neither the control, nor the last variant beside it, nor the last weight can be disabled', () => {
  assert.ok(!canDisable(experiment, variants[0], 'ADMIN'));
  assert.ok(canDisable(experiment, variants[1], 'EDITOR'));
  assert.ok(!canDisable(experiment, variants[1], 'VIEWER'));
  assert.ok(!canDisable({...experiment, state: 'COMPLETED'}, variants[1], 'ADMIN'));
  assert.ok(!canDisable({...experiment, variants: variants.slice(0, 2)}, variants[1], 'ADMIN'));
  const lastWeight = variants.map((variant) => ({...variant, weight: variant.key === 'b' ? 1 : 0}));
  assert.ok(!canDisable({...experiment, policy: 'FIXED', variants: lastWeight}, lastWeight[1], 'ADMIN'));
});

test('shares stand without digits that say nothing', () => {
  const two = variants.slice(0, 2);
  assert.match(all(consequences('start', {...experiment, variants: two, traffic_share: 0.5}, null)), /each to 50\u00a0% of them.* 50\u00a0% of them take part/);
  assert.match(all(consequences('start', {...experiment, policy: 'FIXED', variants: two}, null)), /“Today” with probability 25\u00a0%/);
});

test('completing says who is shown, how many may still convert, and doubts', () => {
  const good = consequences('complete', experiment, analytics, {winner: 'b'});
  assert.match(all(good), /Everybody sees “Short”.*812 visitors.*7 d/);
  assert.deepEqual(good.warnings, []);
  const bad = consequences('complete', experiment, {...analytics, verdict: {leader: 'b', recommendation: 'KEEP_RUNNING'}}, {winner: 'c'});
  assert.match(bad.warnings.join(' '), /“Long” doesn’t lead: it is best with probability 9.0\u00a0%. “Short” does/);
  assert.match(bad.warnings.join(' '), /keep running/);
});

test('every action is explained, with numbers and without', () => {
  for (const verb of ['start', 'pause', 'resume', 'complete', 'archive', 'delete', 'disable']) {
    for (const known of [analytics, null]) {
      for (const policy of ['THOMPSON', 'FIXED']) {
        const text = all(consequences(verb, {...experiment, policy, traffic_share: 0.5}, known, {winner: 'b', variant: variants[1]}));
        assert.ok(text.length > 40);
        assert.doesNotMatch(text, /undefined|NaN|null|\[object/, `${verb}: ${text}`);
      }
    }
  }
});
