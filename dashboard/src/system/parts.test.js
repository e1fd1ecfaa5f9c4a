import assert from 'node:assert/strict';
import {test} from 'node:test';
import {headline, partsOf} from './parts.js';

const CHECKS = {
  assignment: {latency_ms: 0.42, version: '1.2.3', uptime_seconds: 93784, memory_mb: 41.2, load: 0.25},
  snapshot: {age_seconds: 0.3},
  experiments: {running: 1, version_age_seconds: 0.1},
  journal: {lag_events: 12345, lag_seconds: 75, bytes: 5 * 1024 * 1024},
  sticky_map: {entries: 1234567, complete: 1},
  admin: {latency_ms: 12.6},
  refresher: {age_seconds: 1.2},
  database: {latency_ms: 0.4},
  system: {memory_mb: 30, load: 0.5},
};

const reportOf = (status, checks = CHECKS) => ({
  version: '1.2.3', uptime_seconds: 60,
  checks: Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, {...check, status}])),
});

test('every part says something in every state, and nothing that is not known', () => {
  for (const status of ['ok', 'degraded', 'down']) {
    const parts = partsOf(reportOf(status));
    assert.equal(parts.length, 9);
    for (const {title, text, details} of parts) {
      for (const words of [title, text, ...details.flat()]) assert.doesNotMatch(words, /undefined|NaN|–|null/, `${title}, ${status}`);
      assert.match(text, /\.$/);
    }
  }
});

test('a measurement that is missing is a dash', () => {
  const parts = partsOf(reportOf('ok', Object.fromEntries(Object.keys(CHECKS).map((name) => [name, {}]))));
  for (const {text} of parts) assert.doesNotMatch(text, /undefined|NaN/);
});

test('numbers are for people', () => {
  const text = Object.fromEntries(partsOf(reportOf('ok')).map((part) => [part.name, part]));
  assert.equal(text.journal.text, '12.3\u00a0k events are safe on the disk and on the way into PostgreSQL, the oldest for 1 min 15 s. It takes 5.0 MiB.');
  assert.equal(text.snapshot.text, 'Visitors are served by weights that were confirmed 300 ms ago.');
  assert.equal(text.experiments.text, 'One experiment running; the newest weights were made 100 ms ago.');
  assert.deepEqual(text.assignment.details, [['Version', '1.2.3'], ['Up for', '1 d 2 h'], ['Memory', '41 MiB'], ['Answers within', '0.4 ms'], ['Load of its machine', '0.25']]);
});

test('experiments that do not run are counted too, where that is known', () => {
  const report = {...reportOf('ok'), experiments: {draft: 2, running: 1, paused: 0, completed: 12, archived: 1}};
  const text = partsOf(report).find(({name}) => name === 'experiments').text;
  assert.equal(text, 'One experiment running; the newest weights were made 100 ms ago. Besides: 2 draft, 12 completed, 1 archived.');
});

test('the whole is said in a sentence, whatever the status', () => {
  for (const status of ['ok', 'degraded', 'down', 'unheard of']) assert.match(headline(status)[1], /\.$/);
});
