// HTML of a payload, built anew from what is known to be harmless. The text is parsed once, into a document that runs and loads
// nothing, and is never written out and parsed again.
import {isSafeAttribute, isSafeElement, isSafeStyle} from './safe.js';

/** The nodes of `html`. goal: the attribute that marks goals, which a payload may set. */
export const sanitize = (html, goal) => copies(new DOMParser().parseFromString(html, 'text/html').body, goal);

const copies = (from, goal) => [...from.childNodes].map((node) => {
  if (node.nodeType === 3) return node.data;
  const made = document.createElement(node.localName);
  return isSafeElement(made) ? fill(made, node, goal) : '';
});

const fill = (made, node, goal) => {
  for (const {name, value} of node.attributes) {
    if (name === 'style') setSafeStyles(made.style, value);
    else if (name === goal || isSafeAttribute(name, value)) made.setAttribute(name, value);
  }
  if (made.localName === 'button') made.type = 'button';
  made.append(...copies(node, goal));
  return made;
};

const setSafeStyles = (style, text) => {
  style.cssText = text;
  for (const name of [...style]) {
    const value = style.getPropertyValue(name);
    // The parts of background: var(--x, url(…)) have no text to look at.
    if (!value || !isSafeStyle(name, value)) style.removeProperty(name);
  }
};
