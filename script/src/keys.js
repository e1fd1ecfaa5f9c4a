// Lists of experiments' keys, as people write them.

/** The keys of "a, b", of ["a", "b"] or of nothing, each once. None is longer than the server takes: it would spoil the request for all. */
export const keysOf = (list) => [...new Set(([list] + '').match(/[\w-]{1,64}/g))];

/** What "key:variant,key2:variant" forces, by key; nothing where it forces nothing. */
export const forcedBy = (text) => {
  let forced = null;
  (text || '').replace(/([\w-]+):([\w-]+)/g, (pair, key, variant) => {
    forced = {...forced, [key]: variant};
  });
  return forced;
};

/** Calls `work` with parts of at most a hundred, of which the server takes no more at once. */
export const inParts = (keys, work) => {
  for (; keys.length; keys = keys.slice(100)) work(keys.slice(0, 100));
};
