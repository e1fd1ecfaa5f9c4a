// The script tag: puts the parts together, and is the page's one global, `mab`.
import {guard, on, problems} from './guard.js';
import {pushToDataLayer, readDataLayer} from './data_layer.js';
import {watchRoutes} from './routes.js';
import {answers, forgetAnswers, forgetFailures, want} from './assignments.js';
import {conversionOf, keysOfAddress, watchGoals} from './goals.js';
import {forced, forgetReached, options, reached, setForced, setHiddenSince, setLeft, setOptions, setVisitor, visitor} from './state.js';
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
  if (!forced) pushToDataLayer({event, experiment, variant, exp_variant_string: `MAB-${experiment}-${variant}`});
};

const ask = (keys) => want(keys, settled);

const settled = (keys) => {
  if (!visitor) return;
  showAll(keys);
  keys.filter(assignmentOf).forEach((key) => tell(key, 'assigned', 'mab_assigned'));
  flush();
  ready(mab);
};

// Counts the visitor in these experiments. What was not recorded can't be counted; who is counted needs no second call.
const expose = (keys) => {
  const toSend = keysOf(keys).filter((key) => {
    const assignment = assignmentOf(key);
    if (!assignment || answers[key].seen) return;
    answers[key].seen = true;
    tell(key, 'exposed', 'experience_impression');
    return assignment.assigned_at && !assignment.counted && !forced;
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
  const {value, eventId} = Object(more);
  const event_id = '' + (eventId || randomId());
  if (!visitor || forced) return;
  for (const key of keysOf(keys)) {
    send(`/api/experiments/${key}/convert`, [key], {value: +value || undefined, event_id});
  }
};

// A second click on the same button is no second conversion.
const reach = (keys) => {
  convert(keysOf(keys).filter((key) => !reached[key] && (reached[key] = visitor)));
};

const reachAddress = () => reach(keysOfAddress(options.goals, location));

const moved = () => {
  forgetFailures();
  forgetReached();
  reachAddress();
  look();
};

// Looks at the page again, and sends what waits.
const look = () => {
  setLeft(false);
  if (!visitor) return;
  scan();
  flush();
  if (document.readyState === 'complete' && !Object.keys(answers)[0]) ready(mab);
};

const start = (visible) => {
  // Who can't be seen to look can't be counted.
  if (visitor || !window.IntersectionObserver || refusedByBrowser(options)) return;
  setVisitor(forced ? 'preview' : visitorId());
  if (!visitor) return;
  startWatching(ask, onSeen);
  reachAddress();
  want(keysOf(options.experiments), settled, true);
  scan(visible);
};

// What was kept on an earlier page goes too.
const stop = () => {
  if (visitor) {
    releaseAll();
    setVisitor('');
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
  debug: () => ({options, on: !!visitor, experiments: answers, outbox: entries, problems}),
  q: {push: guard(([name, ...given]) => mab[name](...given))},
};

const begin = () => {
  const {consent: mode, events, spa} = options;
  let denied;
  setHiddenSince(stub.t);
  setForced(forcedBy(new URL(location).searchParams.get('mab_force')));
  watchGoals(reach);
  on('pagehide', () => {
    flush(true);
    setLeft(true);
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
        if (granted || visitor || entry[1] === 'update') consent(granted);
      }
      if (events) convert(...conversionOf(entry, events));
    });
  }
  // What comes from now on has a second of its own.
  setHiddenSince(0);
  if (stub.s) stub.s();
  (stub.q || []).forEach(mab.q.push);
  if (!visitor) ready(mab);
};

if (!stub.ready) {
  guard(() => {
    window.mab = mab;
    const script = document.currentScript;
    setOptions(readOptions(script && script.src, window.mabConfig));
    // A page that is prerendered is nobody's yet.
    if (document.prerendering) on('prerenderingchange', begin);
    else begin();
  })();
}
