// A share of a whole as a bar. Decoration: the number stands beside it.
import {svg} from '../core/dom.js';

const WIDTH = 72;
const HEIGHT = 8;

/** share: 0 to 1. kind: a class that colours the filled part. */
export function meter(share, kind = 'meter-accent') {
  const filled = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) * WIDTH : 0;
  return svg('svg', {class: `meter ${kind}`, width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true'},
    svg('rect', {class: 'meter-track', width: WIDTH, height: HEIGHT, rx: HEIGHT / 2}),
    filled > 0 && svg('rect', {class: 'meter-fill', width: Math.max(HEIGHT / 2, filled), height: HEIGHT, rx: HEIGHT / 2}));
}
