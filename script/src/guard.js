// Nothing that goes wrong in here reaches the page: every function that the browser or the page calls is wrapped.

/** What went wrong first; mab.debug() shows it. */
export const problems = [];

/** Notes a problem. */
export const note = (...words) => {
  if (problems.length < 100) problems.push(words.join(' '));
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
