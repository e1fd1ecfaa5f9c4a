// A rate with its credible interval, drawn on a scale that all variants share.
import {svg} from '../core/dom.js';

const WIDTH = 160;
const HEIGHT = 20;

/** `max` is the rate at the right end of the scale. Decoration: the numbers stand beside it in the table. */
export function intervalBar({lower, upper, mean, max}) {
  const x = (rate) => (max > 0 ? Math.min(1, Math.max(0, rate / max)) * (WIDTH - 4) + 2 : 2);
  return svg('svg', {class: 'interval', width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true'},
    svg('line', {class: 'interval-scale', x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2}),
    svg('rect', {class: 'interval-range', x: x(lower), width: Math.max(1, x(upper) - x(lower)), y: 6, height: HEIGHT - 12, rx: 3}),
    svg('line', {class: 'interval-mean', x1: x(mean), x2: x(mean), y1: 3, y2: HEIGHT - 3}));
}
