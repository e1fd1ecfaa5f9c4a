// What all parts of the script know.

export const state = {
  _options: {},
  // The visitor's id while he may be known; without it the script is not at work.
  _id: '',
  // Variants that the page's address forces, by experiment: a preview, which counts nothing at all.
  _forced: null,
  // Experiments whose goal was reached on this page without a call.
  _reached: {},
  // Whether the page was left: answers that are cut off by that say nothing.
  _left: false,
  // When the companion snippet hid the elements that the script begins with, in unix milliseconds: their patience begins once.
  _hiddenSince: 0,
};

/** Sends JSON as text, for which no browser asks first (preflight), without cookies; it outlives the page. */
export const post = (path, body) =>
  fetch(state._options.endpoint + path, {method: 'POST', body: JSON.stringify(body), credentials: 'omit', keepalive: true});
