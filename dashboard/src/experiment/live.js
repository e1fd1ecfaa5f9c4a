// What an experiment's page knows of it, asked for again and again.
import {poll} from '../core/poll.js';

const POLL_MS = 2000;

/**
 * Returns {experiment, analytics, failed, now(), take(experiment)}: experiment and analytics are null until they are there;
 * failed: an error came before there were numbers. now() asks at once. take() puts a newer experiment in: an answer that was
 * asked for before it is of no use any more.
 * changed(): after each answer. problem(error): after each failure, null once all is well again.
 */
export function live({api, path, signal, changed, problem}) {
  const state = {experiment: null, analytics: null, failed: false, now: null, take};
  let taken = 0;

  function take(experiment) {
    taken++;
    state.experiment = experiment;
    changed();
  }

  // Each answer is shown when it comes: the name of an experiment does not wait for its numbers. isOld(answer): something newer
  // is there already.
  async function ask(url, name, isOld) {
    const answer = await api.call('GET', url);
    if (signal.aborted || isOld(answer)) return;
    state[name] = answer;
    state.failed &&= !state.analytics;
    changed();
  }

  async function load() {
    const before = taken;
    try {
      await Promise.all([
        ask(path, 'experiment', () => taken !== before),
        ask(`${path}/analytics`, 'analytics', ({as_of: asOf}) => state.analytics !== null && Date.parse(asOf) < Date.parse(state.analytics.as_of)),
      ]);
      if (!signal.aborted) problem(null);
    } catch (error) {
      if (signal.aborted) return;
      error.final = error.status === 404;
      state.failed = !state.analytics;
      problem(error);
      changed();
      throw error;
    }
  }

  state.now = poll({signal, everyMs: POLL_MS, load}).now;
  return state;
}
