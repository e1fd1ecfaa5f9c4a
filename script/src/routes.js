// Single-page applications change the address without loading a page.
import {guard, on} from './guard.js';

/** Calls `moved` after each change of the address. */
export const watchRoutes = (moved) => {
  let last = location.href;
  const look = guard(() => {
    if (location.href === last) return;
    last = location.href;
    moved();
  });
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = (...given) => {
      original.apply(history, given);
      look();
    };
  }
  on('popstate', look);
};
