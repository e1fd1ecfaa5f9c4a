// HTML that somebody typed, and attributes, as the script tag puts them onto a page: without anything that could run code, load
// something unasked, or pose as the page.
//
// What may come is the script's own list (script/src/safe.js). The text is parsed into a document that runs nothing, and the result is
// built anew of what is on that list; no text is parsed twice. Uses nothing of the dashboard.
import {isSafeAttribute, isSafeElement, isSafeStyle} from '../../../script/src/safe.js';

// By which a page marks goals, unless its script has another name for it.
const GOAL = 'data-test-goal';

/** {fragment, removed}: what may stand on the page, for `target` (a document), and what was taken out, in words, each once. */
export function sanitizeHtml(html, target = document) {
  const removed = new Set();
  const parsed = new DOMParser().parseFromString(muted(html), 'text/html');
  const fragment = target.createDocumentFragment();
  // What the parser puts into a head is not for an element of a page.
  for (const element of parsed.head.children) removed.add(`<${nameOf(element)}>`);
  copyChildren(parsed.body, fragment, {target, removed});
  return {fragment, removed: [...removed]};
}

// A code point that no text has: it stands for no character.
const MUTED = '\uFDD0';
// By elements that are parsed alike and do nothing; none of them comes through.
const STAND_INS = {style: 'noframes', base: 'bgsound'};
const STOOD_IN = new RegExp(`(?:noframes|bgsound) ${MUTED}(style|base)`, 'gi');

// Browsers hold styles, handlers and bases against the page's policy while they parse, and report them. Under another name they don't.
// This guards nothing: what gets through is decided below. A text with <noframes> of its own would end it where a style ends.
function muted(html) {
  const named = /noframes/i.test(html) ? /<(\/?)(base)(?=[\s>/])/gi : /<(\/?)(style|base)(?=[\s>/])/gi;
  return unmuted(html)
    .replace(named, (_, slash, name) => `<${slash}${STAND_INS[name.toLowerCase()]} ${MUTED}${name}`)
    .replace(/(?<=[\s"'/])(?<!<\/)(style|on[a-z]+)(?=[\s=/>])/gi, `${MUTED}$1`);
}

// What was renamed inside a text or a value has its own name again.
const unmuted = (text) => text.replace(STOOD_IN, '$1').replaceAll(MUTED, '');

function copyChildren(from, to, context) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(context.target.createTextNode(unmuted(node.data)));
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, to, context);
  }
}

function copyElement(element, to, {target, removed}) {
  const copy = target.createElement(element.localName);
  if (!isSafeElement(copy)) {
    removed.add(`<${nameOf(element)}>`);
    return;
  }
  for (const {name, value} of element.attributes) copyAttribute(copy, unmuted(name), unmuted(value), removed);
  if (copy.localName === 'button') copy.type = 'button';
  copyChildren(element, copy, {target, removed});
  to.append(copy);
}

function nameOf(element) {
  const meant = Object.entries(STAND_INS).find(([name, standIn]) => element.localName === standIn && element.hasAttribute(MUTED + name));
  return meant ? meant[0] : element.localName.slice(0, 40);
}

function copyAttribute(copy, name, value, removed) {
  if (name === 'style') copyStyle(copy.style, value, removed);
  else if (name === GOAL || isSafeAttribute(name, value)) copy.setAttribute(name, value);
  else removed.add(unsafeAddress(name, value) || `${name.slice(0, 40)} of <${copy.localName}>`);
}

const unsafeAddress = (name, value) => (['href', 'src'].includes(name) ? `the address “${String(value).slice(0, 60)}”` : '');

// By the object model: a strict policy of the page forbids the attribute.
function copyStyle(style, text, removed) {
  style.cssText = text;
  for (const property of [...style]) {
    const value = style.getPropertyValue(property);
    // The parts of background: var(--x, url(…)) have no text to look at.
    if (value && isSafeStyle(property, value)) continue;
    style.removeProperty(property);
    removed.add(`the style ${property}`);
  }
}

/**
 * Gives `element` a payload's attributes: {href, class, style: {color}, …}; null takes one away. Returns what was left out, in words.
 */
export function setAttributes(element, attributes) {
  const removed = new Set();
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'style' && value !== null && typeof value === 'object') setStyles(element.style, value, removed);
    else if (!isSafeAttribute(name.toLowerCase(), value)) removed.add(unsafeAddress(name.toLowerCase(), value) || `the attribute ${name.slice(0, 40)}`);
    else if (value === null || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  return [...removed];
}

function setStyles(style, styles, removed) {
  for (const [property, value] of Object.entries(styles)) {
    if (isSafeStyle(property, value)) style.setProperty(property, value);
    else removed.add(`the style ${property.slice(0, 40)}`);
  }
}
