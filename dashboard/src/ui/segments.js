// A choice of one among a few, as buttons that stand side by side.
import {h} from '../core/dom.js';

/** options: [[value, text]]. choose(value) is called when another is pressed. */
export function segments(label, options, chosen, choose) {
  return h('div', {class: 'segments segments-small', role: 'group', 'aria-label': label},
    options.map(([value, text]) => h('button', {
      class: 'segment', type: 'button', 'data-key': value, 'aria-pressed': String(value === chosen), onclick: () => choose(value),
    }, text)));
}
