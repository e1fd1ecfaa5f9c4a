// Google's data layer: what others push is read, what happens here is pushed.
import {guard} from './guard.js';

/** Calls `reader` with each entry that there is and comes. */
export const readDataLayer = (reader) => {
  const layer = (window.dataLayer = window.dataLayer || []);
  const read = guard(reader);
  const {push} = layer;
  layer.push = (...entries) => {
    const result = push.apply(layer, entries);
    entries.forEach(read);
    return result;
  };
  [...layer].forEach(read);
};

export const pushToDataLayer = guard((entry) => window.dataLayer && window.dataLayer.push(entry));
