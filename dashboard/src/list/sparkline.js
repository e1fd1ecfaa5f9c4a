// Traffic since the start, as a small area. Decoration: the number stands beside it.
import {svg} from '../core/dom.js';

const WIDTH = 96;
const HEIGHT = 28;

/** steps: counts of equal steps, oldest first; the first and the last may not be whole. Nothing where there are fewer than two. */
export function sparkline(steps) {
  const counts = wholeSteps(steps);
  if (counts.length < 2) return null;
  const points = sparklinePoints(counts, WIDTH, HEIGHT);
  const line = points.map(([x, y]) => `${x},${y}`).join(' ');
  return svg('svg', {class: 'sparkline', width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true'},
    svg('polygon', {class: 'sparkline-area', points: `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`}),
    svg('polyline', {class: 'sparkline-line', points: line}));
}

/** Without the first and the last, which would look like a rise and a fall: where enough is left. */
export function wholeSteps(steps) {
  return steps.length < 6 ? steps : steps.slice(1, -1);
}

/** [[x, y]] with the largest count at the top, two pixels from the edge. */
export function sparklinePoints(counts, width, height) {
  const max = Math.max(...counts, 1);
  return counts.map((count, index) => [
    Math.round((10 * index * width) / (counts.length - 1)) / 10,
    Math.round(10 * (height - 2 - (count / max) * (height - 4))) / 10,
  ]);
}
