// What the experiment had learned, step by step: three charts with one cursor, its values in a table beside them, the changes of
// state, and all the numbers behind it.
import {now} from '../core/clock.js';
import {formatTime} from '../core/format.js';
import {h, update} from '../core/dom.js';
import {poll} from '../core/poll.js';
import {leaderOf, marksOf, ranges, seriesOf, shownVariants, stepFor} from '../charts/timeline_series.js';
import {errorNotice} from '../ui/notice.js';
import {segments} from '../ui/segments.js';
import {changesList, cursorTable, stepText, summary, timelineTable} from './timeline_table.js';
import {colourNames} from './variants.js';

const POLL_MS = 10000;
const CHARTS = [['share', 'Share of new visitors'], ['rate', 'Conversion rate so far, with its interval'], ['best', 'P(best)']];

/**
 * load begins at once; experiment(): as it is now, null until it is known. onAnswer(timeline): each time there is one.
 * Returns {element, reload}.
 */
export function overTime({api, signal, path, experiment, onAnswer}) {
  const places = Object.fromEntries(CHARTS.map(([id]) => [id, h('div', {class: 'chart-canvas', 'aria-hidden': 'true'})]));
  const figures = h('div', {class: 'charts'}, CHARTS.map(([id, title]) => h('figure', {class: 'chart'}, h('figcaption', null, title), places[id])));
  const controls = h('div');
  const problem = h('div');
  const note = h('p', {class: 'faint note'});
  const inWords = h('p', {class: 'sr-only'});
  const slider = h('input', {
    type: 'range', class: 'moment', min: 0, max: 0, value: 0, 'aria-label': 'Moment', oninput: () => choose(Number(slider.value), true),
  });
  const legend = h('div');
  const changes = h('div');
  const table = timelineTable();
  const element = h('section', {class: 'card over-time', 'aria-label': 'Over time'},
    h('div', {class: 'card-head'}, h('h2', null, 'Over time'), controls),
    problem, inWords,
    figures,
    slider, legend, changes, note, table.element);

  let range = null;
  let timeline = null;
  let shown = [];
  let series = null;
  let chosen = null; // index of a row; null: the last one
  let charts = null;
  let drawn = ''; // keys of the variants that the charts are of
  let leaving = new AbortController();
  let library = import('../charts/time_charts.js');

  function lifeSeconds() {
    const {start_time: start, end_time: end} = experiment() ?? {};
    return start ? ((end ? Date.parse(end) : now()) - Date.parse(start)) / 1000 : 0;
  }

  function query() {
    const life = lifeSeconds();
    const choice = ranges(life).find(({id}) => id === range) ?? {seconds: null};
    const end = Date.parse(experiment()?.end_time ?? '') || now();
    const step = choice.id === 'hour' ? '1m' : stepFor(choice.seconds ?? life, experiment()?.variants.length ?? 2);
    return new URLSearchParams({
      ...(step && {step}),
      ...(choice.seconds && {start: new Date(end - choice.seconds * 1000).toISOString()}),
    });
  }

  async function load() {
    const asked = range;
    try {
      const answer = await api.call('GET', `${path}/timeline?${query()}`);
      if (signal.aborted || asked !== range) return;
      timeline = answer;
      update(problem);
      onAnswer(answer);
      show();
    } catch (error) {
      // What is drawn stays while the server is away; the line at the top says so.
      if (!signal.aborted && asked === range && (!timeline || error.status !== 0)) update(problem, errorNotice(error, () => polling.now()));
      throw error;
    }
  }

  function show() {
    const choices = ranges(lifeSeconds());
    update(controls, choices.length > 1 && segments('Range', choices.map(({id, label}) => [id, label]), range ?? 'all', (id) => {
      range = id;
      chosen = null;
      show();
      polling.now();
    }));
    if (!timeline) return;
    const fresh = shownVariants(timeline);
    // Who is shown changes with the range alone: nothing is to jump.
    if (shown.length === 0 || fresh.length !== shown.length) shown = fresh;
    series = seriesOf(timeline, shown);
    if (chosen !== null && chosen >= series.times.length) chosen = null;
    update(inWords, summary(timeline, shown));
    update(changes, changesList(marksOf(timeline)));
    update(note, stepText(timeline, shown.length));
    table.show(timeline);
    choose(chosen, false);
    drawCharts().catch(withoutCharts);
  }

  // The table has the same numbers.
  function withoutCharts() {
    if (signal.aborted) return;
    figures.hidden = true;
    update(note, 'The charts can’t be loaded; the table has the same numbers. ',
      h('button', {class: 'link', type: 'button', onclick: () => {
        library = import('../charts/time_charts.js');
        show();
      }}, 'Try again'));
  }

  async function drawCharts() {
    figures.hidden = timeline.rows.length === 0;
    if (figures.hidden) return;
    const {timeCharts} = await library;
    if (signal.aborted) return;
    const wanted = shown.map((index) => timeline.variants[index].key).join();
    if (wanted !== drawn) {
      drawn = wanted;
      leaving.abort();
      leaving = new AbortController();
      const colours = colourNames(timeline.variants);
      const leader = leaderOf(timeline);
      charts = timeCharts({
        places,
        others: shown.length < timeline.variants.length,
        signal: AbortSignal.any([signal, leaving.signal]),
        variants: shown.map((index) => timeline.variants[index])
          .map(({key, name, is_control: control}) => ({name, colour: colours.get(key), always: control || key === leader})),
        onCursor: (index) => choose(index, false),
      });
    }
    charts.draw(series, marksOf(timeline));
  }

  // The row whose values are told: where the pointer is, where the slider was put, or the last.
  function choose(index, bySlider) {
    chosen = index;
    const last = series.times.length - 1;
    const at = index ?? last;
    slider.max = String(Math.max(0, last));
    slider.hidden = last < 1;
    if (!bySlider) slider.value = String(at);
    if (last >= 0) slider.setAttribute('aria-valuetext', formatTime(new Date(series.times[at] * 1000).toISOString()));
    update(legend, cursorTable(timeline, shown, series, at, index === null));
    if (bySlider) charts?.point(at);
  }

  const polling = poll({signal, everyMs: POLL_MS, load});
  slider.addEventListener('blur', () => {
    chosen = null;
    charts?.point(null);
    if (series) choose(null, false);
  });
  return {element, reload: () => polling.now()};
}
