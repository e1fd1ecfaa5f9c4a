// The script tag: puts the parts together, and is the page's one global, `mab`.
import {guard, on, problems} from './guard.js';
import {pushToDataLayer, readDataLayer} from './data_layer.js';
import {watchRoutes} from './routes.js';
import {answers, forgetAnswers, forgetFailures, want} from './assignments.js';
import {conversionOf, keysOfAddress, watchGoals} from './goals.js';
import {state} from './state.js';
import {consentOf, refusedByBrowser} from './consent.js';
import {keepVisitor, randomId, visitorId} from './visitor.js';
import {releaseAll, scan, showAll, startWatching} from './elements.js';
import {forcedBy, inParts, keysOf} from './keys.js';
import {readOptions} from './options.js';
import {emptyOutbox, entries, flush, send} from './outbox.js';

let ready;

const assignmentOf = (key) => (answers[key] || {}).assignment;

// Tells the page what happened to a visitor, and Google's data layer where it counts.
const tell = (experiment, name, event) => {
  const variant = assignmentOf(experiment).variant.key;
  document.dispatchEvent(new CustomEvent('mab:' + name, {detail: {experiment, variant}}));
  if (!state._forced) pushToDataLayer({event, experiment, variant, exp_variant_string: `MAB-${experiment}-${variant}`});
};

const ask = (keys) => want(keys, settled);

const settled = (keys) => {
  if (!state._id) return;
  showAll(keys);
  keys.filter(assignmentOf).forEach((key) => tell(key, 'assigned', 'mab_assigned'));
  flush();
  ready(mab);
};

// Counts the visitor in these experiments. What was not recorded can't be counted; who is counted needs no second call.
const expose = (keys) => {
  const toSend = keysOf(keys).filter((key) => {
    const assignment = assignmentOf(key);
    if (!assignment || answers[key].seen) return false;
    answers[key].seen = true;
    tell(key, 'exposed', 'experience_impression');
    return assignment.assigned_at && !assignment.counted && !state._forced;
  });
  inParts(toSend, (experiments) => send('/api/expose', experiments, {experiments}, 1));
};

const onSeen = (records) => {
  expose(records.map(({_key}) => _key));
  records.forEach(({_redirect, _key}) => _redirect && !goesInCircles(_key) && location.replace(_redirect));
};

// Two pages that redirect to each other do it once.
const goesInCircles = (key) => {
  const last = sessionStorage['mab_' + key];
  sessionStorage['mab_' + key] = Date.now();
  return Date.now() - last < 5000;
};

const convert = (keys, more) => {
  const {value, eventId} = more || {};
  const event_id = '' + (eventId || randomId());
  if (!state._id || state._forced) return;
  for (const key of keysOf(keys)) {
    send(`/api/experiments/${key}/convert`, [key], {value: +value || undefined, event_id});
  }
};

// A second click on the same button is no second conversion.
const reach = (keys) => {
  convert(keysOf(keys).filter((key) => !state._reached[key] && (state._reached[key] = state._id)));
};

const reachAddress = () => reach(keysOfAddress(state._options.goals, location));

const moved = () => {
  forgetFailures();
  state._reached = {};
  reachAddress();
  look();
};

// Looks at the page again, and sends what waits.
const look = () => {
  state._left = false;
  if (!state._id) return;
  scan();
  flush();
  if (document.readyState === 'complete' && !Object.keys(answers)[0]) ready(mab);
};

const start = (visible) => {
  // Who can't be seen to look can't be counted.
  if (state._id || !window.IntersectionObserver || refusedByBrowser(state._options)) return;
  state._id = state._forced ? 'preview' : visitorId();
  if (!state._id) return;
  startWatching(ask, onSeen);
  reachAddress();
  want(keysOf(state._options.experiments), settled, true);
  scan(visible);
};

// What was kept on an earlier page goes too.
const stop = () => {
  if (state._id) {
    releaseAll();
    state._id = '';
    forgetAnswers();
  }
  emptyOutbox();
  keepVisitor();
};

const consent = (granted) => (granted ? start(true) : stop());

// What the companion snippet left: {q: calls that came before, t: when it hid the elements, s: shows them}.
const stub = window.mab || {};

const mab = {
  ready: new Promise((resolve) => (ready = resolve)),
  get: guard((key) => (assignmentOf(key) || {}).variant),
  expose: guard(expose),
  convert: guard(convert),
  consent: guard(consent),
  debug: () => ({options: state._options, on: !!state._id, experiments: answers, outbox: entries, problems}),
  q: {push: guard(([name, ...given]) => mab[name](...given))},
};

const begin = () => {
  const {consent: mode, events, spa} = state._options;
  let denied;
  state._hiddenSince = stub.t;
  state._forced = forcedBy(new URL(location).searchParams.get('mab_force'));
  watchGoals(reach);
  on('pagehide', () => {
    flush(true);
    state._left = true;
  });
  if (spa) watchRoutes(moved);
  on('readystatechange', look);
  on('pageshow', look);
  // What visitors have seen already would only flicker if it were hidden.
  if (mode === 'off') start(!stub.s && performance.getEntriesByType('paint')[0]);
  if (events || mode !== 'off') {
    readDataLayer((entry) => {
      const granted = mode === 'gcm' ? consentOf(entry, denied) : undefined;
      if (granted !== undefined) {
        denied = !granted;
        // A default says what holds until the visitor is asked, on each page anew: it takes back only what this page began.
        if (granted || state._id || entry[1] === 'update') consent(granted);
      }
      if (events) convert(...conversionOf(entry, events));
    });
  }
  // What comes from now on has a second of its own.
  state._hiddenSince = 0;
  if (stub.s) stub.s();
  (stub.q || []).forEach(mab.q.push);
  if (!state._id) ready(mab);
};

if (!stub.ready) {
  guard(() => {
    window.mab = mab;
    const script = document.currentScript;
    state._options = readOptions(script && script.src, window.mabConfig);
    // A page that is prerendered is nobody's yet.
    if (document.prerendering) on('prerenderingchange', begin);
    else begin();
  })();
}
