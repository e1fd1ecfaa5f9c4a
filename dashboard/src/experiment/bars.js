// The bars of the leaderboard: numbers as lengths, on scales that its rows share. Decoration, all of them: the numbers stand
// beside them as text. Drawn in percentages, so that they are as wide as their cell.
import {svg} from '../core/dom.js';
import {formatTick, position} from '../charts/scale.js';

const HEIGHT = 18;
const percent = (share) => `${(100 * share).toFixed(3)}%`;

/** A range with a mark in it on `scale`, in the variant's colour. zero: also a line where 0 is. */
export function rangeBar({scale, lower, upper, middle, colour, zero = false}) {
  const from = position(scale, lower);
  const to = position(scale, upper);
  return svg('svg', {class: `bar-svg colour-${colour}`, width: '100%', height: HEIGHT, 'aria-hidden': 'true'},
    scale.ticks.slice(1, -1).map((tick) => upright('bar-grid', scale, tick)),
    svg('line', {class: 'bar-axis', x1: 0, x2: '100%', y1: 9, y2: 9}),
    zero && upright('bar-zero', scale, 0),
    svg('rect', {class: 'bar-range', x: percent(from), width: percent(Math.max(0.008, to - from)), y: 4, height: 10, rx: 3}),
    upper > scale.max && svg('text', {class: 'bar-beyond', x: '100%', y: 13.5, 'text-anchor': 'end'}, '▸'),
    lower < scale.min && svg('text', {class: 'bar-beyond', x: 0, y: 13.5}, '◂'),
    middle >= scale.min && middle <= scale.max && upright('bar-middle', scale, middle, 2));
}

function upright(kind, scale, value, inset = 0) {
  const x = percent(position(scale, value));
  return svg('line', {class: kind, x1: x, x2: x, y1: inset, y2: HEIGHT - inset});
}

/** A share of 1. */
export function shareBar(share, colour) {
  return svg('svg', {class: `bar-svg colour-${colour}`, width: '100%', height: 6, 'aria-hidden': 'true'},
    svg('rect', {class: 'bar-track', width: '100%', height: 6, rx: 3}),
    svg('rect', {class: 'bar-share', width: percent(Math.min(1, Math.max(0, share))), height: 6, rx: 3}));
}

/** The first and the last round number of a scale (and nought between them), over the bars. */
export function scaleEnds(scale) {
  const inner = scale.min < 0 && scale.max > 0;
  return svg('svg', {class: 'bar-ticks', width: '100%', height: 14, 'aria-hidden': 'true'},
    (!inner || position(scale, 0) >= 0.3) && svg('text', {x: 0, y: 11}, formatTick(scale.min, scale.step)),
    inner && svg('text', {x: percent(position(scale, 0)), y: 11, 'text-anchor': 'middle'}, '0'),
    svg('text', {x: '100%', y: 11, 'text-anchor': 'end'}, formatTick(scale.max, scale.step)));
}
