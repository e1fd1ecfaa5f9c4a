// Traffic since the start, as a small area. Decoration: the number stands beside it.
import {svg} from '../core/dom.js';

const WIDTH = 96;
const HEIGHT = 28;

/** counts: of equal steps, oldest first. Nothing where there are fewer than two. */
export function sparkline(counts) {
  if (counts.length < 2) return null;
  const points = sparklinePoints(counts, WIDTH, HEIGHT);
  const line = points.map(([x, y]) => `${x},${y}`).join(' ');
  return svg('svg', {class: 'sparkline', width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true'},
    svg('polygon', {class: 'sparkline-area', points: `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`}),
    svg('polyline', {class: 'sparkline-line', points: line}));
}

/** [[x, y]] with the largest count at the top, two pixels from the edge. */
export function sparklinePoints(counts, width, height) {
  const max = Math.max(...counts, 1);
  return counts.map((count, index) => [
    Math.round((10 * index * width) / (counts.length - 1)) / 10,
    Math.round(10 * (height - 2 - (count / max) * (height - 4))) / 10,
  ]);
}
