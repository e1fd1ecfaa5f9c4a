// Which addresses and styles a payload may bring onto a page. tests/payload_vectors.json has what is the same
// with the script tag (script/src/safe.js).

const LINKS = /^(https?|mailto|tel):/;
const SOURCES = /^(https?|mailto|tel):|^data:image\//;
const BASE = 'https://page.invalid/';

/** Whether an address is relative or of http, https, mailto or tel, read as browsers read it; with `src` also data of an image. */
export function isSafeUrl(text, attribute = 'href') {
  try {
    return (attribute === 'src' ? SOURCES : LINKS).test(new URL(text, BASE).href);
  } catch {
    return false;
  }
}

/** Whether all candidates of a srcset are safe. */
export function isSafeSrcset(text) {
  return text.split(',').every((candidate) => isSafeUrl(candidate.trim().split(/\s+/)[0]));
}

// What leads an element away from its place, so that it could lie over others; margins do where they are negative, which functions hide.
// What loads or runs something.
const UNSAFE_PROPERTY = /^(-\w+-)?(behavior|binding|position|z-index|content$|transform|translate|scale|rotate|inset|top|right|bottom|left|offset)/i;
const UNSAFE_MARGIN = /margin.*:[^]*[-(]/i;
const UNSAFE_VALUE = /url|image|src|element|expression|script|[\\@<]/i;

/** Whether a style property may have this value. */
export function isSafeStyle(property, value) {
  return /^-{0,2}[a-z][a-z0-9-]*$/i.test(property) && !UNSAFE_PROPERTY.test(property) &&
    !UNSAFE_MARGIN.test(`${property}:${value}`) && !UNSAFE_VALUE.test(value);
}
