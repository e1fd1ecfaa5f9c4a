// In the place of a page that the server would refuse.
import {h} from '../core/dom.js';

/** True where the page was for administrators and who is signed in is none; then it says so. */
export function administratorsOnly({api, root}, heading) {
  if (api.role === 'ADMIN') return false;
  root.append(h('h1', null, heading), h('p', {class: 'empty'}, 'This page is for administrators. Ask one of them.'));
  return true;
}
