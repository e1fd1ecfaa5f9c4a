// Nothing that goes wrong in here reaches the page: every function that the browser or the page calls is wrapped.
import {options} from './state.js';

/** What went wrong first; mab.debug() shows it. */
export const problems = [];

/** Notes a problem, and says it in the console where `debug` is on. */
export const note = (...words) => {
  if (problems.length < 50) problems.push(words.join(' '));
  if (options.debug) console.info('mab', ...words);
};

/** The same function; where it throws, the problem is noted and nothing is returned. */
export const guard = (work) => (...given) => {
  try {
    return work(...given);
  } catch (error) {
    note(error);
  }
};

/** Listens to what reaches the window, or anything in it. */
export const on = (type, work) => addEventListener(type, guard(work), true);
