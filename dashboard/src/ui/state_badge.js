// Where an experiment stands, as a word with a colour.
import {h} from '../core/dom.js';
import {formatState} from '../core/format.js';

export function stateBadge(state) {
  return h('span', {class: `badge badge-${state.toLowerCase()}`}, formatState(state));
}
