// What the script does to a marked element with a variant's payload; the preview shows it. docs/PAYLOADS.md has the rules in words;
// tests/browser/payload_agreement.test.mjs holds both against each other.
import {sanitizeHtml, setAttributes} from './sanitize_html.js';

// What surrounds a page, runs or loads code. Of <html> see below.
const UNTOUCHED = new Set(['script', 'style', 'iframe', 'object', 'embed', 'link', 'meta', 'base', 'head']);

/**
 * Changes `element` as the payload says. Returns {effect, address, removed}: effect is 'shown', 'hidden' or 'redirect' (to `address`);
 * removed: what was taken out of HTML and attributes, in words. Payloads of no known form change nothing.
 */
export function applyPayload(element, payload) {
  const shown = {effect: 'shown', address: '', removed: []};
  const parts = typeof payload === 'string' ? {text: payload} : Object(payload);
  const unchanged = {...shown, removed: [`everything: <${element.localName}> is not changed`]};
  if (UNTOUCHED.has(element.localName)) return unchanged;
  const before = element.cloneNode(true);
  try {
    if (parts.hide !== true && isWebAddress(parts.redirect)) return {...shown, effect: 'redirect', address: new URL(parts.redirect).href};
    // The whole page may be led elsewhere, but not changed.
    if (element.localName === 'html') return unchanged;
    if (parts.hide === true) return {...shown, effect: 'hidden'};
    return {...shown, removed: change(element, parts)};
  } catch (error) {
    restore(element, before);
    return {...shown, removed: [`everything: ${error.message}`]};
  }
}

// As the script reads it: with the scheme in small letters, and nothing before it.
const isWebAddress = (address) => /^https?:/.test(address);

function change(element, {text, html, attributes, redirect}) {
  const removed = [];
  if (typeof redirect === 'string') removed.push(`the address “${redirect.slice(0, 60)}”`);
  if (attributes !== null && typeof attributes === 'object') removed.push(...setAttributes(element, attributes));
  if (typeof html === 'string') {
    const safe = sanitizeHtml(html, element.ownerDocument);
    removed.push(...safe.removed);
    element.replaceChildren(safe.fragment);
  } else if (typeof text === 'string') {
    element.textContent = text;
  }
  return removed;
}

function restore(element, before) {
  for (const {name} of [...element.attributes]) element.removeAttribute(name);
  for (const {name, value} of before.attributes) element.setAttribute(name, value);
  element.replaceChildren(...before.childNodes);
}
