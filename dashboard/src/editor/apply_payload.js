// What the script does to a marked element with a variant's payload; the preview shows it. docs/PAYLOADS.md has the rules in words.
import {sanitizeHtml, setAttributes} from './sanitize_html.js';

// What runs or loads code, or is no part of what is seen.
const UNTOUCHED = new Set(['script', 'style', 'iframe', 'frame', 'object', 'embed', 'link', 'meta', 'base', 'template', 'noscript', 'html', 'head']);

/**
 * Changes `element` as the payload says. Returns {effect, address, removed}: effect is 'shown', 'hidden' or 'redirect' (to `address`);
 * removed: what was taken out of HTML and attributes, in words. Payloads of no known form change nothing.
 */
export function applyPayload(element, payload) {
  const shown = {effect: 'shown', address: '', removed: []};
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return shown;
  if (UNTOUCHED.has(element.localName)) return {...shown, removed: [`everything: <${element.localName}> is not changed`]};
  if (payload.hide === true) return {...shown, effect: 'hidden'};
  if (typeof payload.redirect === 'string') return redirect(payload.redirect, shown);
  const removed = [];
  if (typeof payload.html === 'string') {
    const safe = sanitizeHtml(payload.html, element.ownerDocument);
    removed.push(...safe.removed);
    element.replaceChildren(safe.fragment);
  } else if (typeof payload.text === 'string') {
    element.textContent = payload.text;
  }
  const {attributes} = payload;
  if (attributes !== null && typeof attributes === 'object' && !Array.isArray(attributes)) removed.push(...setAttributes(element, attributes));
  return {...shown, removed};
}

function redirect(address, shown) {
  try {
    const url = new URL(address);
    if (url.protocol === 'https:' || url.protocol === 'http:') return {...shown, effect: 'redirect', address: url.href};
  } catch {
    // No address: the page stays.
  }
  return {...shown, removed: [`the address “${address.slice(0, 60)}”`]};
}
