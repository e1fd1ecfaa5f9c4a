// What the server must hear of, exposures and conversions: kept in local storage until it has answered, for a day at most. Repeats
// change nothing there: a conversion keeps its event id.
import {guard, note} from './guard.js';
import {load, save} from './store.js';
import {forced, left, options, post, reached, visitor} from './state.js';
import {verdictOn} from './assignments.js';

const ENTRIES_MAX = 100;
const AGE_MAX_MS = 864e5;
const RETRY_MS = 1e4;
const LOOK_MS = 1e3;

// {p: path, b: body, k: keys, x: whether it exposes, t: when it was made (its name too), n: not to be sent before}
export let entries = [];

let timer;

/** Takes the entries that `change` makes of those that there are. Other tabs use the same storage: it is read before it is written. */
const update = (change) => {
  try {
    entries = JSON.parse(load(storeKey())).filter(({t}) => Date.now() - t < AGE_MAX_MS);
  } catch (error) {
    // Where nothing is kept there, memory is enough.
  }
  entries = change(entries).slice(-ENTRIES_MAX);
  save(storeKey(), entries[0] && JSON.stringify(entries));
};

const storeKey = () => options.cookie + '_outbox';

export const emptyOutbox = () => update(() => []);

/** Exposes the keys or, where the path says so, converts the only one. */
export const send = (p, k, body, x) => {
  update((all) => [...all, {p, b: {user_id: visitor, ...body}, k, x, t: Date.now() + Math.random(), n: 0}]);
  flush();
};

/** Sends what may be sent, in a preview nothing. leaving: the page goes away. */
export const flush = (leaving) => {
  clearTimeout(timer);
  if (!visitor || forced || left) return;
  update((all) => all.filter((entry) => {
    const {x, k, n} = entry;
    // A conversion comes after its exposure: it waits for the answer to it.
    const verdict = x || (all.some((other) => other.x && other.k.includes(k[0])) ? 0 : verdictOn(entry, leaving));
    if (verdict < 0) {
      note('not seen', k);
      delete reached[k[0]];
    }
    if (verdict > 0 && n < Date.now()) transmit(entry);
    return verdict >= 0;
  }));
  if (entries[0]) timer = setTimeout(guard(flush), LOOK_MS);
};

const transmit = async (entry) => {
  const {p, b, x, t} = entry;
  entry.n = Date.now() + RETRY_MS;
  try {
    const response = await post(p, b);
    // What is no JSON was not the server's answer.
    const {errors} = await response.json();
    if (/408|42.|5../.test(response.status) || (x && (errors || []).some(({code}) => /FULL|UNAV|RATE|OVER/.test(code)))) return;
    update((all) => all.filter((one) => one.t !== t));
    flush();
  } catch (error) {
    note(p, error);
  }
};
