// The marked elements: found as they come, hidden until their variant is known, changed, changed again where a framework rendered
// over it, and given back when the page goes on to something else.
import {answers} from './assignments.js';
import {apply, redirectOf, stands, undo} from './payload.js';
import {guard, note} from './guard.js';
import {keysOf} from './keys.js';
import {whenSeen} from './seen.js';
import {hiddenSince, options} from './state.js';

// Whoever undoes a change more often than that within a second shall have his way.
const REPEATS_MAX = 10;

// By element: {_element, _key, _patches, _hidden, _redirect, _repeats}
const records = new Map();
// What is never changed; of <html> see `put`. What a payload does to <template> or <noscript> nobody sees.
const NEVER = /^(script|style|iframe|object|embed|link|meta|base|head)$/;
const WATCHED = {childList: true, subtree: true, attributes: true};

let observer;
let sight;
let wanted;

/** Watches the page from now on: calls `want` with keys that may not be known yet, and `seen` with records that come on the screen. */
export const startWatching = (want, seen) => {
  wanted = want;
  sight = whenSeen((elements) => seen(elements.map((element) => records.get(element) || {})));
  observer = new MutationObserver(guard(onMutations));
  observer.observe(document, {...WATCHED, attributeFilter: [options.attribute]});
};

/** The page is as it was, and is not watched any more. */
export const releaseAll = () => {
  records.forEach(release);
  observer.disconnect();
};

// Changes of our own are not looked at; what came before them is.
const change = (work) => {
  const before = observer.takeRecords();
  work();
  observer.takeRecords();
  if (before[0]) onMutations(before);
};

const onMutations = (mutations) => {
  if (mutations.some(({attributeName, addedNodes}) => attributeName === options.attribute || [...addedNodes].some((node) => node.nodeType === 1))) scan();
  records.forEach(repeat);
};

/** Looks for marked elements that are new, and lets go of those that are gone. visible: visitors have seen them, so none is hidden. */
export const scan = (visible) => {
  const {attribute} = options;
  const keys = [];
  change(() => {
    records.forEach(guard((record, element) => (element.isConnected && element.getAttribute(attribute) === record._key) || release(record)));
    document.querySelectorAll(`[${attribute}]`).forEach(guard((_element) => {
      // A form has its fields as properties, also one that is called style.
      const _key = _element.getAttribute(attribute);
      if (records.has(_element) || NEVER.test(_element.localName) || keysOf(_key)[0] !== _key) return;
      const record = {_element, _key, _patches: [], _hidden: [], _repeats: 0};
      records.set(_element, record);
      keys.push(_key);
      if (answers[_key] && answers[_key].done) show(record);
      else if (!visible) hide(record);
    }));
    // Before mutations that came in between are looked at: that asks for what waits.
    wanted(keys);
  });
};

/** Shows the variants of these experiments, whose answers are there. */
export const showAll = (keys) => {
  change(() => records.forEach((record) => keys.includes(record._key) && show(record)));
};

const hide = ({_element: {style}, _hidden}) => {
  if (style.visibility) return;
  style.setProperty('visibility', 'hidden', 'important');
  _hidden.push({_undo: () => style.removeProperty('visibility')});
  // Whatever happens.
  setTimeout(guard(() => undo(_hidden)), (hiddenSince || Date.now()) + options.timeout - Date.now());
};

const show = (record) => {
  const {_element, _hidden, _key, _patches} = record;
  const {assignment} = answers[_key];
  try {
    record._redirect = assignment && redirectOf(assignment.variant.payload);
    // Before a redirect it stays hidden.
    if (!record._redirect) {
      undo(_hidden);
      put(record);
    }
    if (assignment) sight.observe(_element);
  } catch (error) {
    undo(_patches);
    undo(_hidden);
    note(_key, error);
  }
};

const put = ({_element, _key, _patches}) => {
  const {assignment} = answers[_key];
  // The whole page may be led elsewhere, but not changed.
  if (assignment && _element !== document.documentElement) apply(_element, assignment.variant.payload, options.attribute + '-goal', _patches);
  if (_patches.length) observer.observe(_element, {...WATCHED, characterData: true});
};

const repeat = (record) => {
  const {_patches} = record;
  if (stands(_patches)) return;
  setTimeout(() => record._repeats--, 1000);
  change(() => {
    undo(_patches);
    if (++record._repeats > REPEATS_MAX) note(record._key, 'left alone');
    else put(record);
  });
};

const release = ({_element, _hidden, _patches}) => {
  records.delete(_element);
  sight.unobserve(_element);
  undo(_patches);
  undo(_hidden);
};
