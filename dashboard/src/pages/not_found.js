// An address that leads nowhere.
import {h} from '../core/dom.js';

export function notFoundPage({root}) {
  document.title = 'Not found · MAB';
  root.append(h('h1', null, 'There is no such page'), h('p', null, h('a', {href: '/'}, 'All experiments')));
}
