// The numbers behind the charts over time: at one moment, all of them as a table, and in a sentence.
import {formatCount, formatPercent, formatProbability, formatTime} from '../core/format.js';
import {h, update} from '../core/dom.js';
import {segments} from '../ui/segments.js';
import {colourNames, swatch} from './variants.js';

const share = (value) => (value === null ? '–' : formatPercent(value, 1));
const rate = (value) => (value === null ? '–' : formatPercent(value));
const interval = (lower, upper) => (lower === null ? '–' : `${rate(lower)} to ${rate(upper)}`);
const best = (value) => (value === null ? '–' : formatProbability(value));

/** The values of the shown variants at row `at`. latest: nobody has chosen that row. */
export function cursorTable(timeline, shown, series, at, latest) {
  if (at < 0) return h('p', {class: 'faint'}, 'There is nothing to draw yet.');
  const colours = colourNames(timeline.variants);
  const moment = formatTime(new Date(series.times[at] * 1000).toISOString());
  return h('div', {class: 'scroll legend-scroll', tabindex: '0', role: 'region', 'aria-label': 'Values in the charts'},
    h('table', {class: 'legend'},
      h('thead', null, h('tr', null,
        h('th', {scope: 'col'}, latest ? `Latest, ${moment}` : moment),
        ['New visitors', 'Rate so far', 'Interval', 'P(best)'].map((name) => h('th', {scope: 'col', class: 'number'}, name)))),
      h('tbody', null, shown.map((index, position) => {
        const {key, name} = timeline.variants[index];
        return h('tr', {'data-key': key},
          h('th', {scope: 'row'}, swatch(colours.get(key)), ' ', name),
          h('td', {class: 'number'}, share(series.share[position][at])),
          h('td', {class: 'number'}, rate(series.rate[position][at])),
          h('td', {class: 'number'}, interval(series.lower[position][at], series.upper[position][at])),
          h('td', {class: 'number'}, best(series.best[position][at])));
      }))));
}

/** The changes of state, in the order they came. */
export function changesList(marks) {
  if (marks.length === 0) return null;
  return h('ol', {class: 'changes', 'aria-label': 'Changes'},
    marks.map(({iso, text}) => h('li', null, h('strong', null, text), ' ', h('time', {datetime: iso}, formatTime(iso)))));
}

const LENGTHS = {
  '1m': 'minute', '5m': '5 minutes', '15m': '15 minutes', '30m': '30 minutes', '1h': 'hour',
  '3h': '3 hours', '6h': '6 hours', '12h': '12 hours', '1d': 'day', '7d': 'week',
};

export function stepText({step, variants, rows}, shown) {
  if (rows.length === 0) return '';
  const some = shown < variants.length ? ` The variants that are likeliest to be the best and the control are shown: ${shown} of ${variants.length}.` : '';
  return `A point every ${LENGTHS[step] ?? step}; times are of your time zone, days begin at midnight UTC.${some}`;
}

/** What the charts say, in a sentence. */
export function summary({rows, variants}, shown) {
  const first = rows.find((row) => row.variants.some((entry) => entry.allocation !== null));
  const last = rows.at(-1);
  if (!first) return 'There is nothing to draw yet.';
  const one = (index) => {
    const {allocation, probability_best: probability, cumulative_rate: reached} = last.variants[index];
    return `${variants[index].name} went from ${share(first.variants[index].allocation)} to ${share(allocation)} of new visitors, converts ${rate(reached)} and is best with probability ${best(probability)}`;
  };
  return `From ${formatTime(first.start)} to ${formatTime(last.end)}: ${shown.map(one).join('; ')}.`;
}

const MEASURES = [
  ['allocation', 'New visitors', share],
  ['cumulative_rate', 'Rate so far', rate],
  ['probability_best', 'P(best)', best],
  ['exposures', 'Visitors', formatCount],
  ['conversions', 'Conversions', formatCount],
];

/** All rows, newest first, of one measure at a time; written only while it is open. Returns {element, show(timeline)}. */
export function timelineTable() {
  let measure = 'allocation';
  let latest = null;
  const body = h('div');
  const element = h('details', {ontoggle: () => draw()}, h('summary', null, 'As a table'), body);

  function draw() {
    if (!latest || !element.open) return;
    const [, , format] = MEASURES.find(([id]) => id === measure);
    update(body,
      segments('Measure', MEASURES.map(([id, label]) => [id, label]), measure, (chosen) => {
        measure = chosen;
        draw();
      }),
      h('div', {class: 'scroll scroll-tall', tabindex: '0', role: 'region', 'aria-label': 'Timeline'},
        h('table', {class: 'table'},
          h('thead', null, h('tr', null,
            h('th', {scope: 'col'}, 'From'),
            latest.variants.map(({name}) => h('th', {scope: 'col', class: 'number'}, name)))),
          h('tbody', null, [...latest.rows].reverse().map((row) => h('tr', {'data-key': row.start},
            h('th', {scope: 'row'}, formatTime(row.start)),
            row.variants.map((entry) => h('td', {class: 'number'}, format(entry[measure])))))))));
  }

  return {element, show(timeline) {
    latest = timeline;
    draw();
  }};
}
