// Single-page applications change the address without loading a page.
import {guard, on} from './guard.js';

/** The address without the place on its page, which makes no other page: #top, but not #/cart. */
export const pageOf = (href) => href.replace(/#(?![!/]).*/, '');

/** Calls `moved` after each change to another page. */
export const watchRoutes = (moved) => {
  let last = pageOf(location.href);
  const look = guard(() => {
    const page = pageOf(location.href);
    if (page === last) return;
    last = page;
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
