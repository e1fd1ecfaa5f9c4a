// What an experiment's page knows of it, asked for again and again.
import {poll} from '../core/poll.js';

const POLL_MS = 2000;

/**
 * Returns {experiment, analytics, failed, now(), take(experiment)}: experiment and analytics are null until they are there;
 * failed: an error came before there were numbers. now() asks at once. take() puts a newer experiment in.
 * changed(): after each answer. problem(error): after each failure, null once all is well again.
 */
export function live({api, path, signal, changed, problem}) {
  const state = {experiment: null, analytics: null, failed: false, now: null, take};

  function take(experiment) {
    state.experiment = experiment;
    changed();
  }

  // Each answer is shown when it comes: the name of an experiment does not wait for its numbers.
  async function ask(url, name) {
    const answer = await api.call('GET', url);
    if (signal.aborted) return;
    state[name] = answer;
    state.failed &&= !state.analytics;
    changed();
  }

  async function load() {
    try {
      await Promise.all([ask(path, 'experiment'), ask(`${path}/analytics`, 'analytics')]);
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
