// What is believed about each rate: the posterior densities, drawn by hand, each labelled where it peaks.
import {clip, formatPercent} from '../core/format.js';
import {h, svg, update} from '../core/dom.js';
import {curves, labelRows} from '../charts/density.js';
import {formatTick, position} from '../charts/scale.js';
import {colourNames} from './variants.js';

const SHOWN_MAX = 6;
const PLOT_HEIGHT_MIN = 170;
const PLOT_HEIGHT_MAX = 360;
const AXIS_HEIGHT = 24;
const ROW_HEIGHT = 18;
const CHARACTER_PX = 6.6;
const LABEL_CHARACTERS = 24;

/** Returns {element, draw(analytics, scale)}; scale: of the rates, as the leaderboard has it. Drawn anew where its width changes. */
export function densities(signal) {
  const plot = h('div', {class: 'density-plot'});
  const note = h('p', {class: 'faint note'});
  const element = h('section', {class: 'card beliefs', 'aria-label': 'What the rates may be'},
    h('h2', null, 'What the rates may be'), plot, note);
  let latest = null;
  let scale = null;
  let labelled = 0; // rows of names that there were: what is below stays where it is when names come apart

  function draw(analytics = latest, rates = scale) {
    latest = analytics;
    scale = rates;
    if (!latest || plot.clientWidth === 0) return;
    const rows = shownRows(latest);
    const {element: drawing, least, labelRowsUsed} = picture(rows, latest, scale, plot, Math.max(labelled, Math.min(2, rows.length)));
    labelled = labelRowsUsed;
    plot.style.minHeight = `${least}px`;
    update(plot, drawing);
    const served = latest.variants.filter((row) => !row.variant.disabled).length;
    update(note,
      'The higher and narrower a curve, the more is known. Heights are scaled so that wide curves stay visible.',
      rows.length < served && ` The likeliest to be the best and the control are shown: ${rows.length} of ${served}.`,
      served < latest.variants.length && ' Disabled variants are left out.');
  }

  const observer = new ResizeObserver(() => draw());
  observer.observe(plot);
  signal.addEventListener('abort', () => observer.disconnect());
  return {element, draw};
}

// Those that may still be the best, in the order of the experiment; the control always.
function shownRows({variants}) {
  const served = variants.filter((row) => !row.variant.disabled);
  if (served.length <= SHOWN_MAX) return served;
  const best = [...served].sort((a, b) => b.probability_best - a.probability_best).slice(0, SHOWN_MAX);
  return served.filter((row) => best.includes(row) || row.variant.is_control);
}

// As high as its place allows; least: the height that it needs. It has room for at least labelRowsMin rows of names.
function picture(rows, analytics, scale, {clientWidth: width, clientHeight: room}, labelRowsMin) {
  const colours = colourNames(analytics.variants.map((row) => row.variant));
  const shapes = curves(rows.map((row) => row.posterior));
  const x = (rate) => 1 + position(scale, rate) * (width - 2);
  const labels = rows.map((row) => labelFor(row, x, width));
  const places = labelRows(labels);
  const labelRowsUsed = Math.max(labelRowsMin, ...places.map((place) => place + 1));
  const top = labelRowsUsed * ROW_HEIGHT + 6;
  const high = Math.min(PLOT_HEIGHT_MAX, Math.max(PLOT_HEIGHT_MIN, room - top - AXIS_HEIGHT));
  const base = top + high;
  const y = (height) => base - height * high;
  const height = base + AXIS_HEIGHT;
  const frame = {class: 'density', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': inWords(rows, analytics)};
  const element = svg('svg', frame,
    scale.ticks.map((tick, index) => axisTick(tick, index, scale, x, top, base)),
    shapes.map((shape, index) => curve(shape, scale, x, y, base, colours.get(rows[index].variant.key))),
    labels.map((label, index) => leaderLine(places[index], shapes[index], colours.get(rows[index].variant.key), x, y, scale)),
    labels.map(({text, centre}, index) => svg('text', {class: 'density-label', x: centre, y: under(places[index]) - 4, 'text-anchor': 'middle'}, text)));
  return {element, least: top + PLOT_HEIGHT_MIN + AXIS_HEIGHT, labelRowsUsed};
}

function axisTick(tick, index, scale, x, top, base) {
  const anchor = index === 0 ? 'start' : index === scale.ticks.length - 1 ? 'end' : 'middle';
  return [
    svg('line', {class: 'density-grid', x1: x(tick), x2: x(tick), y1: top, y2: base}),
    svg('text', {class: 'density-tick', x: x(tick), y: base + 17, 'text-anchor': anchor}, formatTick(tick, scale.step)),
  ];
}

function curve({x: rates, height}, scale, x, y, base, colour) {
  const within = rates.map((rate, index) => [rate, height[index]]).filter(([rate]) => rate >= scale.min && rate <= scale.max);
  if (within.length === 0) return null;
  const line = within.map(([rate, tall]) => `${x(rate).toFixed(1)},${y(tall).toFixed(1)}`).join('L');
  const ends = [x(within[0][0]), x(within.at(-1)[0])].map((at) => at.toFixed(1));
  return svg('g', {class: `colour-${colour}`},
    svg('path', {class: 'density-area', d: `M${ends[0]},${base}L${line}L${ends[1]},${base}Z`}),
    svg('path', {class: 'density-line', d: `M${line}`}));
}

function labelFor(row, x, width) {
  const {name} = row.variant;
  const text = clip(name, LABEL_CHARACTERS);
  const wide = text.length * CHARACTER_PX + 14;
  const centre = Math.min(width - wide / 2, Math.max(wide / 2, x(row.posterior.mean)));
  return {text, width: wide, centre};
}

const under = (row) => row * ROW_HEIGHT + ROW_HEIGHT - 2;

// From the name over a curve down to its top.
function leaderLine(row, shape, colour, x, y, scale) {
  const peak = shape.height.indexOf(Math.max(...shape.height));
  const at = x(Math.min(scale.max, Math.max(scale.min, shape.x[peak])));
  return svg('line', {class: `density-leader colour-${colour}`, x1: at, x2: at, y1: under(row), y2: y(shape.height[peak])});
}

function inWords(rows, analytics) {
  const level = formatPercent(analytics.credible_level, 0);
  const one = ({variant, posterior, credible_interval: interval}) =>
    `${variant.name} about ${formatPercent(posterior.mean)} (${level}: ${formatPercent(interval.lower)} to ${formatPercent(interval.upper)})`;
  return `Densities of the conversion rates: ${rows.map(one).join('; ')}.`;
}
