// Which addresses and styles a payload may bring onto a page.

const PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);
const BASE = 'https://page.invalid/';

/** Whether an address is relative or of http, https or mailto, read as browsers read it. */
export function isSafeUrl(text) {
  try {
    return PROTOCOLS.has(new URL(text, BASE).protocol);
  } catch {
    return false;
  }
}

/** Whether all candidates of a srcset are safe. */
export function isSafeSrcset(text) {
  return text.split(',').every((candidate) => isSafeUrl(candidate.trim().split(/\s+/)[0]));
}

// What loads something, runs something, or lays itself over the page.
const UNSAFE_VALUE = /url\s*\(|image-set|src\s*\(|image\s*\(|element\s*\(|expression|javascript:|[\\@<]/i;
const UNSAFE_PROPERTY = /^(behavior|-moz-binding|position|z-index|content)$/i;

/** Whether a style property may have this value. */
export function isSafeStyle(property, value) {
  return /^-{0,2}[a-z][a-z0-9-]*$/i.test(property) && !UNSAFE_PROPERTY.test(property) && !UNSAFE_VALUE.test(value);
}
