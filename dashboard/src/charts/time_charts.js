// The charts over time: shares of new visitors upon each other, rates with their intervals, P(best). They share one axis of time
// and one cursor. Loaded when it is needed, for it brings uPlot along.
import uPlot from 'uplot';
import {clip} from '../core/format.js';
import {faded, readPalette, watchTheme} from './palette.js';
import {formatTick, stickyScale} from './scale.js';
import {rateBounds, stacked} from './timeline_series.js';

const HEIGHT = 220;
const BANDS_MAX = 3;
const DAY_S = 86400;
const SPAN_MIN_S = 300;
const FONT = '11px ui-sans-serif, system-ui, sans-serif';
const FULL = {min: 0, max: 1, step: 0.25};

const clock = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit'});
const date = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short'});

function timeLabels(_, splits, __, ___, increment) {
  let before = '';
  return splits.map((seconds) => {
    const day = date.format(seconds * 1000);
    const text = increment >= DAY_S ? day : day === before ? clock.format(seconds * 1000) : `${clock.format(seconds * 1000)}\n${day}`;
    before = day;
    return text;
  });
}

/**
 * places: {share, rate, best}, elements to draw into. variants: [{name, colour, always}] of those shown; always: with its
 * interval even among many. others: there are variants that are not shown. onCursor(index or null). Until `signal` is aborted.
 * Returns {draw(series, marks), point(index)}.
 */
export function timeCharts({places, variants, others, onCursor, signal}) {
  let palette = readPalette();
  let marks = [];
  let [from, to] = [0, 60]; // unix seconds
  let rateScale = {min: 0, max: 1, step: 0.25};
  let following = false;
  const charts = [];

  const base = (scale, series, more = {}) => ({
    width: 300,
    height: HEIGHT,
    padding: [18, 16, 0, 0],
    legend: {show: false},
    cursor: {y: false, drag: {x: false, y: false}, points: {show: false}},
    scales: {x: {time: true, range: () => [from, Math.max(to, from + SPAN_MIN_S)]}, y: {range: () => [scale().min, scale().max]}},
    axes: [
      axis({values: timeLabels, space: 70, size: 40}),
      axis({values: (_, splits) => splits.map((value) => formatTick(value, scale().step)), splits: () => ticksOf(scale()), size: 52}),
    ],
    series: [{}, ...series],
    hooks: {setCursor: [moved], draw: [(chart) => drawMarks(chart, marks, palette), ...(more.draw ?? [])]},
    ...(more.bands && {bands: more.bands}),
  });

  function axis(options) {
    return {stroke: () => palette.faint, grid: {stroke: () => palette.line, width: 1}, ticks: {show: false}, font: FONT, gap: 6, ...options};
  }

  // The reader's pointer on one chart moves the cursor of all; the others' echoes are not listened to.
  function moved(chart) {
    if (following) return;
    const index = chart.cursor.left >= 0 ? (chart.cursor.idx ?? null) : null;
    point(index, chart);
    onCursor(index);
  }

  function point(index, except = null) {
    following = true;
    for (const chart of charts) {
      if (chart !== except) chart.setCursor(index === null ? {left: -10, top: -10} : {left: chart.valToPos(chart.data[0][index], 'x'), top: 10});
    }
    following = false;
  }

  const colour = (variant) => palette.variant(variant.colour);
  const line = (variant) => ({stroke: () => colour(variant), width: 2, points: {show: single}});
  const tint = (variant) => faded(colour(variant), 0.26);
  const edge = {stroke: () => 'transparent', width: 0, points: {show: false}};
  const layers = others ? [{name: 'All others', colour: 'control'}, ...variants] : variants;
  // Between two edges lies a band; below the last one there is nothing more.
  const layer = (variant, index) => ({...line(variant), width: 1.5, ...(index === layers.length - 1 && {fill: () => tint(variant)})});
  const banded = variants.map((variant) => variants.length <= BANDS_MAX || variant.always);

  charts.push(
    new uPlot(base(() => FULL, layers.map(layer), {
      bands: layers.slice(1).map((_, index) => ({series: [index + 1, index + 2], fill: () => tint(layers[index])})),
      draw: [(chart) => drawNames(chart, layers, palette)],
    }), [[]], places.share),
    new uPlot(base(() => rateScale, variants.flatMap((variant) => [line(variant), edge, edge]), {
      bands: variants.map((variant, index) => ({series: [3 * index + 2, 3 * index + 3], fill: () => faded(colour(variant), banded[index] ? 0.13 : 0)})),
    }), [[]], places.rate),
    new uPlot(base(() => FULL, variants.map(line)), [[]], places.best));

  function draw(series, newMarks) {
    marks = newMarks;
    rateScale = stickyScale(rateScale, ...rateBounds(series));
    const {times} = series;
    [from, to] = [series.from, times.at(-1)];
    const [shares, rates, best] = charts;
    following = true;
    shares.setData([times, ...stacked(series.others ? [series.others, ...series.share] : series.share)]);
    rates.setData([times, ...series.rate.flatMap((values, index) => [values, series.upper[index], series.lower[index]])]);
    best.setData([times, ...series.best]);
    following = false;
  }

  watchTheme(() => {
    palette = readPalette();
    for (const chart of charts) chart.redraw();
  }, signal);
  const observer = new ResizeObserver(() => {
    for (const chart of charts) chart.setSize({width: Math.max(200, chart.root.parentElement.clientWidth), height: HEIGHT});
  });
  for (const place of Object.values(places)) observer.observe(place);
  signal.addEventListener('abort', () => {
    observer.disconnect();
    for (const chart of charts) chart.destroy();
  });
  return {draw, point};
}

// A line of one point is invisible; a dot is not.
function single(chart, index) {
  return chart.data[index].filter((value) => value !== null).length === 1;
}

function ticksOf({min, max, step}) {
  return Array.from({length: Math.round((max - min) / step) + 1}, (_, index) => min + index * step);
}

// A line with a word at each change of state; words that would run into the one before are left out (a list has them all).
function drawMarks(chart, marks, palette) {
  const {ctx, bbox} = chart;
  const ratio = devicePixelRatio;
  let free = -Infinity;
  ctx.save();
  ctx.font = `${11 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.fillStyle = palette.faint;
  ctx.strokeStyle = palette.edge;
  ctx.lineWidth = ratio;
  for (const {time, text} of marks) {
    const x = Math.round(chart.valToPos(time, 'x', true));
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - 4 * ratio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width;
    const left = Math.min(Math.max(bbox.left, x - width / 2), bbox.left + bbox.width - width);
    if (left < free) continue;
    ctx.fillText(text, left, bbox.top - 7 * ratio);
    free = left + width + 8 * ratio;
  }
  ctx.restore();
}

// The names within their bands, at the right, where there is room.
function drawNames(chart, variants, palette) {
  const {ctx, bbox, data} = chart;
  const last = data[0].length - 1;
  if (last < 1) return;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  ctx.fillStyle = palette.text;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'alphabetic';
  variants.forEach(({name}, index) => {
    const text = clip(name, 22);
    const width = ctx.measureText(text).width + 6 * ratio;
    const from = data[0].findIndex((time) => chart.valToPos(time, 'x', true) >= bbox.left + bbox.width - width) - 1;
    const along = data[index + 1].slice(Math.max(0, from));
    if (width > bbox.width / 2 || along.includes(null)) return;
    const below = data[index + 2]?.slice(Math.max(0, from)) ?? [0];
    const [top, bottom] = [Math.min(...along), Math.max(...below)].map((value) => chart.valToPos(value, 'y', true));
    if (bottom - top >= 14 * ratio) ctx.fillText(text, bbox.left + bbox.width - 6 * ratio, (top + bottom) / 2 + 4 * ratio);
  });
  ctx.restore();
}
