// What all parts of the script know.

export let options = {};
export const setOptions = (given) => (options = given);

/** The visitor's id while he may be known; without it the script is not at work. */
export let visitor = '';
export const setVisitor = (id) => (visitor = id);

/** Variants that the page's address forces, by experiment: a preview, which counts nothing at all. */
export let forced;
export const setForced = (variants) => (forced = variants);

/** Experiments whose goal was reached on this page without a call. */
export let reached = {};
export const forgetReached = () => (reached = {});

/** Whether the page was left: answers that are cut off by that say nothing. */
export let left;
export const setLeft = (given) => (left = given);

/** When the companion snippet hid the elements that the script begins with, in unix milliseconds: their patience begins once. */
export let hiddenSince;
export const setHiddenSince = (ms) => (hiddenSince = ms);

/** Sends JSON as text, for which no browser asks first (preflight), without cookies; it outlives the page. */
export const post = (path, body) => fetch(options.endpoint + path, {method: 'POST', body: JSON.stringify(body), credentials: 'omit', keepalive: true});
