// Puts a payload onto an element. Each change is a patch: `_ok` says whether it still stands, `_undo` takes it back where it does, for
// what somebody else has changed since is his.
import {sanitize} from './sanitize.js';
import {isSafeAttribute, isSafeStyle} from './safe.js';

// Out of the flow and nothing to see, but at its height and as high: so it is known when the visitor would have seen it. At the left,
// so that it never makes a page wider.
const hiddenAs = ({offsetHeight}) => `position:absolute;visibility:hidden;padding:0;left:0;width:1px;height:${offsetHeight}px`;

/** Adds to `patches` what the payload changes. */
export const apply = (element, payload, goal, patches) => {
  const {text, html, attributes, hide} = typeof payload === 'string' ? {text: payload} : Object(payload);
  const setStyle = (name, wanted, priority) =>
    patches.push(patch(() => element.style.getPropertyValue(name), (value) => element.style.setProperty(name, value, priority), wanted));
  for (const name in attributes) {
    const wanted = attributes[name];
    if (name === 'style') {
      for (const property in wanted) if (isSafeStyle(property, wanted[property])) setStyle(property, wanted[property]);
    } else if (isSafeAttribute(name.toLowerCase(), wanted)) {
      patches.push(patch(() => element.getAttribute(name), (value) => setAttribute(element, name, value), wanted));
    }
  }
  if (typeof html === 'string') patches.push(filled(element, sanitize(html, goal)));
  else if (typeof text === 'string') patches.push(written(element, text));
  if (hide === true) hiddenAs(element).split(';').forEach((pair) => setStyle(...pair.split(':'), 'important'));
};

export const stands = (patches) => patches.every(({_ok}) => _ok());

export const undo = (patches) => patches.splice(0).reverse().forEach(({_undo}) => _undo());

/** Where the payload sends the visitor; nothing where it doesn't, or he is there. */
export const redirectOf = (payload) => {
  const {hide, redirect} = Object(payload);
  if (hide === true || !/^https?:/.test(redirect)) return;
  const url = new URL(redirect);
  // Nor where he has more in his query.
  const here = (location.href + '#').split(/[?&]|#.*/);
  if (url.href.split(/[?&]|#.*/).every((part) => here.includes(part))) return;
  // What the visitor came with (utm_…, gclid) goes with him.
  url.search = url.search || location.search;
  return url;
};

const patch = (read, write, value) => {
  const before = read();
  write(value);
  const set = read();
  const _ok = () => read() === set;
  return {_ok, _undo: () => _ok() && write(before)};
};

const setAttribute = (element, name, value) => {
  if (value === null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value);
};

// A single text node stays the same node: frameworks hold on to it.
const written = (element, text) => {
  const {firstChild} = element;
  if (!firstChild || firstChild.nodeType !== 3 || firstChild.nextSibling) return filled(element, [text]);
  return patch(() => element.textContent, (data) => (element.firstChild.data = data), text);
};

const filled = (element, content) => {
  const before = [...element.childNodes];
  element.textContent = '';
  element.append(...content);
  const ours = [...element.childNodes];
  return {
    _ok: () => [...element.childNodes, ...ours].every((node) => node.parentNode === element && ours.includes(node)),
    _undo() {
      ours.forEach((node) => node.parentNode === element && node.remove());
      if (!element.firstChild) element.append(...before);
    },
  };
};
