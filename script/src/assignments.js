// Which variants the visitor has: asked for in one request, for as many experiments as the page names.
import {guard, note} from './guard.js';
import {inParts} from './keys.js';
import {forced, hiddenSince, options, post, visitor} from './state.js';

/** By key: {done: when it was answered, seen, assignment}; no assignment where there was none in time. */
export let answers = {};

let waiting = [];
let since;
let timer;

const isParsed = () => document.readyState !== 'loading';

/** Asks for what is not known, `now` or soon; `settled` is called with the keys of each request that ended, one way or the other. */
export const want = (keys, settled, now) => {
  for (const key of keys) {
    if (answers[key]) continue;
    answers[key] = {};
    if (waiting.push(key) < 2) since = hiddenSince || Date.now();
  }
  clearTimeout(timer);
  const ask = guard(() => inParts(waiting.splice(0), (part) => askFor(part, settled)));
  // While the page is being parsed more keys may come: they go into the same request where they come soon.
  if (now || isParsed()) ask();
  else timer = setTimeout(ask, since + 100 - Date.now());
};

/** What failed is asked for again when it is wanted again. */
export const forgetFailures = () => {
  for (const key in answers) if (answers[key].done && !answers[key].assignment) delete answers[key];
};

export const forgetAnswers = () => {
  answers = {};
};

const askFor = async (keys, settled) => {
  const found = {};
  try {
    const experiments = keys.filter((key) => !forced || forced[key]);
    const leftMs = since + options.timeout - Date.now();
    if (experiments.length && leftMs > 0) {
      const body = {user_id: visitor, experiments, expose: false, force: JSON.parse(JSON.stringify(forced, experiments))};
      const late = new Promise((resolve, reject) => setTimeout(reject, leftMs, 'late'));
      const {assignments, errors} = await Promise.race([post('/api/assign', body).then((response) => response.json()), late]);
      for (const one of assignments) found[one.experiment_key] = one;
      for (const {experiment_key, code} of errors) note(experiment_key, code);
    }
  } catch (error) {
    note(error);
  }
  for (const key of keys) answers[key] = {done: Date.now(), assignment: found[key]};
  guard(settled)(keys);
};

/**
 * What becomes of a conversion: 1 it is sent, 0 it waits, -1 it is dropped. It waits for the variant, and a little for the moment when
 * that is seen. Who has not seen it converts for another reason: sent now, it would keep a later conversion from being counted.
 */
export const verdictOn = ({k, t}, leaving) => {
  const {done, seen, assignment} = answers[k] || {done: isParsed()};
  // Also for the next page, where this one is left before.
  if (!done) return 0;
  if (seen || !assignment || !assignment.assigned_at || assignment.counted) return 1;
  return !leaving && Date.now() - Math.max(t, done) < options.timeout ? 0 : -1;
};
