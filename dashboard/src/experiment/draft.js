// A draft: what will be shown to whom, once it is started.
import {formatShortPercent} from '../core/format.js';
import {h} from '../core/dom.js';
import {consequences} from '../ui/actions.js';
import {colourNames, swatch, tag} from './variants.js';

const LINE_MAX = 80; // characters

export function draft(experiment) {
  const colours = colourNames(experiment.variants);
  const {effects} = consequences('start', experiment, null);
  const fixed = experiment.policy === 'FIXED';
  const weights = experiment.variants.reduce((sum, variant) => sum + variant.weight, 0);
  const heads = ['Variant', fixed ? 'Share' : 'Share at first', 'Payload'];
  return [
    h('section', {class: 'card', 'aria-label': 'When it starts'},
      h('h2', null, 'When it starts'),
      effects.map((text) => h('p', null, text))),
    h('section', {class: 'card', 'aria-label': 'Variants'},
      h('h2', null, 'Variants'),
      h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Variants of the draft'},
        h('table', {class: 'table draft-table'},
          h('thead', null, h('tr', null, heads.map((name, index) => h('th', {scope: 'col', class: index === 1 ? 'number' : null}, name)))),
          h('tbody', null, experiment.variants.map((variant) => h('tr', {'data-key': variant.key},
            h('th', {scope: 'row'},
              h('div', {class: 'variant-name'}, swatch(colours.get(variant.key)), h('span', {class: 'name'}, variant.name)),
              h('div', {class: 'variant-tags'}, h('code', null, variant.key), variant.is_control && tag('control'))),
            h('td', {class: 'number'}, formatShortPercent(fixed ? variant.weight / weights : 1 / experiment.variants.length)),
            h('td', null, variant.payload === null ? h('span', {class: 'faint'}, 'none') : h('pre', {class: 'payload'}, payloadText(variant.payload))))))))),
  ];
}

// On one line where it fits.
function payloadText(payload) {
  const line = JSON.stringify(payload);
  return line.length <= LINE_MAX ? line : JSON.stringify(payload, null, 1);
}
