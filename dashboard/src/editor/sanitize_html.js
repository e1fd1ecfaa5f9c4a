// HTML that somebody typed, as elements without anything that could run code, load something unasked, or pose as the page.
//
// The text is parsed into a document that runs nothing, and the result is built anew from what is on the lists here: nothing that
// is not known to be harmless gets through, and no text is parsed twice. Uses nothing of the dashboard.
import {isSafeSrcset, isSafeStyle, isSafeUrl} from './safe_url.js';

const ELEMENTS = new Set((
  'a abbr address article aside b bdi bdo blockquote br button caption cite code col colgroup data dd del details dfn div dl dt em ' +
  'figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section ' +
  'small span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr').split(' '));

// Of these what they hold goes too; others leave their content.
const DROPPED_WHOLE = new Set((
  'script style iframe frame frameset object embed applet template noscript noembed noframes svg math textarea title xmp plaintext ' +
  'select option link meta base portal fencedframe audio video canvas slot').split(' '));

const EVERYWHERE = new Set(['class', 'title', 'lang', 'dir', 'role', 'hidden']);
const BY_ELEMENT = {
  a: ['href', 'target', 'rel'], img: ['src', 'srcset', 'sizes', 'alt', 'width', 'height', 'loading'], button: ['disabled'], td: ['colspan', 'rowspan'],
  th: ['colspan', 'rowspan', 'scope'], col: ['span'], colgroup: ['span'], ol: ['start', 'reversed', 'type'], li: ['value'], time: ['datetime'],
  details: ['open'], data: ['value'], del: ['datetime'], ins: ['datetime'],
};
// Of a payload's attributes, which belong to whatever element the page has.
const OF_PAYLOADS = new Set([
  ...EVERYWHERE, 'href', 'target', 'rel', 'src', 'srcset', 'sizes', 'alt', 'width', 'height', 'loading', 'placeholder', 'value', 'disabled',
]);

const DEPTH_MAX = 100;

/** {fragment, removed}: what may stand on the page, for `target` (a document), and what was taken out, in words, each once. */
export function sanitizeHtml(html, target = document) {
  const removed = new Set();
  const parsed = new DOMParser().parseFromString(muted(html), 'text/html');
  const fragment = target.createDocumentFragment();
  // What belongs into a head is not for an element of a page.
  for (const part of [parsed.head, parsed.body]) {
    if (part) copyChildren(part, fragment, {target, removed, depth: 0});
  }
  return {fragment, removed: [...removed]};
}

// A code point that no text has: it stands for no character.
const MUTED = '\uFDD0';
// By elements that are parsed alike and do nothing; both are taken out whole.
const STAND_INS = {style: 'xmp', base: 'embed'};
const STOOD_IN = new RegExp(`(?:xmp|embed) ${MUTED}(style|base)`, 'gi');

// Browsers hold styles, handlers and bases against the page's policy while they parse, and report them. Under another name they don't.
// This guards nothing: what gets through is decided below.
function muted(html) {
  return unmuted(html)
    .replace(/<(\/?)(style|base)(?=[\s>/])/gi, (_, slash, name) => `<${slash}${STAND_INS[name.toLowerCase()]} ${MUTED}${name}`)
    .replace(/(?<=[\s"'/])(style|on[a-z]+)(?=[\s=/>])/gi, `${MUTED}$1`);
}

// What was renamed inside a text or a value has its own name again.
const unmuted = (text) => text.replace(STOOD_IN, '$1').replaceAll(MUTED, '');

function copyChildren(from, to, context) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(context.target.createTextNode(unmuted(node.data)));
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, to, context);
  }
}

function copyElement(element, to, context) {
  const name = element.localName;
  const known = element.namespaceURI === 'http://www.w3.org/1999/xhtml' && ELEMENTS.has(name);
  if (!known) context.removed.add(`<${nameOf(element)}>`);
  if (DROPPED_WHOLE.has(name) || (!known && element.namespaceURI !== 'http://www.w3.org/1999/xhtml')) return;
  if (context.depth >= DEPTH_MAX) {
    context.removed.add('what is nested too deep');
    return;
  }
  if (!known) {
    copyChildren(element, to, {...context, depth: context.depth + 1});
    return;
  }
  const copy = context.target.createElement(name);
  for (const {name: attribute, value} of element.attributes) copyAttribute(copy, unmuted(attribute), unmuted(value), context.removed);
  if (name === 'a' && copy.target) copy.rel = 'noopener noreferrer';
  if (name === 'button') copy.type = 'button';
  copyChildren(element, copy, {...context, depth: context.depth + 1});
  to.append(copy);
}

function nameOf(element) {
  const meant = Object.entries(STAND_INS).find(([name, standIn]) => element.localName === standIn && element.hasAttribute(MUTED + name));
  return meant ? meant[0] : element.localName.slice(0, 40);
}

function copyAttribute(copy, name, value, removed) {
  if (name === 'style') {
    copyStyle(copy, value, removed);
    return;
  }
  const listed = EVERYWHERE.has(name) || /^aria-[a-z]+$/.test(name) || BY_ELEMENT[copy.localName]?.includes(name);
  const problem = listed ? unsafeAddress(name, value) : `${name.slice(0, 40)} of <${copy.localName}>`;
  if (problem) removed.add(problem);
  else copy.setAttribute(name, value);
}

function unsafeAddress(name, value) {
  const safe = name === 'srcset' ? isSafeSrcset(value) : !['href', 'src'].includes(name) || isSafeUrl(value, name);
  return safe ? '' : `the address “${value.slice(0, 60)}”`;
}

// By the object model: a strict policy of the page forbids the attribute.
function copyStyle(copy, text, removed) {
  const scratch = copy.ownerDocument.createElement('i');
  scratch.style.cssText = text;
  for (const property of scratch.style) {
    const value = scratch.style.getPropertyValue(property);
    // The rest of a shorthand such as background.
    if (value === 'initial') continue;
    if (isSafeStyle(property, value)) copy.style.setProperty(property, value, scratch.style.getPropertyPriority(property));
    else removed.add(`the style ${property}`);
  }
}

/**
 * Gives `element` a payload's attributes: {href, class, style: {color}, …}; null takes one away. Returns what was left out, in words.
 */
export function setAttributes(element, attributes) {
  const removed = new Set();
  for (const [name, value] of Object.entries(attributes)) {
    if (name.toLowerCase() === 'style' && value !== null && typeof value === 'object') setStyles(element, value, removed);
    else setAttribute(element, name.toLowerCase(), value, removed);
  }
  return [...removed];
}

function setAttribute(element, name, value, removed) {
  const listed = OF_PAYLOADS.has(name) || /^aria-[a-z]+$/.test(name);
  if (!listed || (value !== null && typeof value === 'object')) {
    removed.add(`the attribute ${name.slice(0, 40)}`);
    return;
  }
  const problem = value === null ? '' : unsafeAddress(name, String(value));
  if (problem) removed.add(problem);
  else if (value === null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

function setStyles(element, styles, removed) {
  for (const [property, value] of Object.entries(styles)) {
    if (value === null) element.style.removeProperty(property);
    else if (typeof value !== 'object' && isSafeStyle(property, String(value))) element.style.setProperty(property, String(value));
    else removed.add(`the style ${property.slice(0, 40)}`);
  }
}
