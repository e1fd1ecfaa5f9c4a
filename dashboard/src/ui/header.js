// What stands above every page: where one is, where one can go, and who one is.
import {h, replace} from '../core/dom.js';

/** [path, label, role that sees it; null: everybody, data-external: no page of the dashboard] */
const LINKS = [
  ['/', 'Experiments', null],
  ['/website', 'Website', null],
  ['/system', 'System', null],
  ['/accounts', 'Accounts', 'ADMIN'],
  ['/keys', 'API keys', 'ADMIN'],
  ['/audit', 'Audit', 'ADMIN'],
  ['/docs', 'API', null, true],
];

/** Draws the header into `place` for the page at `path`. */
export function drawHeader(place, {api, path, signOut}) {
  const here = path.startsWith('/experiments') ? '/' : path;
  const link = ([href, label, , external]) =>
    h('a', {href, 'aria-current': href === here ? 'page' : null, 'data-external': Boolean(external)}, label);
  replace(
    place,
    h('div', {class: 'bar'},
      h('a', {class: 'brand', href: '/'}, mark(), 'MAB'),
      api.signedIn && h('nav', {class: 'nav', 'aria-label': 'Main'},
        LINKS.filter(([, , role]) => role === null || role === api.role).map(link)),
      api.signedIn && h('nav', {class: 'me', 'aria-label': 'You'},
        h('a', {href: '/settings', 'aria-current': here === '/settings' ? 'page' : null, title: api.email}, 'Settings'),
        h('button', {class: 'link', type: 'button', onclick: signOut}, 'Sign out'))));
}

function mark() {
  return h('span', {class: 'brand-mark', 'aria-hidden': 'true'}, h('i'), h('i'), h('i'));
}
