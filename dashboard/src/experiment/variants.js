// A variant as every part of the page shows it: its colour, its name, and what is special about it.
import {h, svg} from '../core/dom.js';

const COLOURS = 9;

/** The colour of each variant, by key: "control", or "1" to "9" in the order of the experiment, again and again. */
export function colourNames(variants) {
  let next = 0;
  return new Map(variants.map((variant) => [variant.key, variant.is_control ? 'control' : String((next++ % COLOURS) + 1)]));
}

/** A spot of the variant's colour: decoration beside its name. */
export function swatch(colour) {
  return svg('svg', {class: `swatch colour-${colour}`, width: 12, height: 12, 'aria-hidden': 'true'}, svg('rect', {width: 12, height: 12, rx: 3}));
}

export function tag(text, kind = '') {
  return h('span', {class: `tag ${kind && `tag-${kind}`}`}, text);
}
