// All experiments, newest first, each with what it has learned: search, filter by state, live.
import {h, update} from '../core/dom.js';
import {formatState} from '../core/format.js';
import {poll} from '../core/poll.js';
import {LiveList} from '../list/live_list.js';
import {experimentTable, nothingFound, nothingYet} from '../list/rows.js';
import {errorNotice} from '../ui/notice.js';

const STATES = ['DRAFT', 'RUNNING', 'PAUSED', 'COMPLETED', 'ARCHIVED'];
const TYPING_DELAY_MS = 250;

export function experimentsPage({api, root, signal, announce}) {
  document.title = 'Experiments · MAB';
  const mayWrite = api.role !== 'VIEWER';
  const list = new LiveList(api);
  const problem = h('div');
  const results = h('div', {class: 'results'}, h('p', {class: 'faint loading'}, 'Loading …'));
  let announced = '';

  function draw() {
    if (signal.aborted) return;
    const {experiments, summaries, filtered, query, more} = list;
    if (experiments.length > 0) update(results, experimentTable(experiments, summaries), more && moreButton());
    else update(results, filtered ? nothingFound(query) : nothingYet(mayWrite));
    say(`${experiments.length}${more ? ' or more' : ''} experiments`);
  }

  function say(text) {
    if (text !== announced) announce(text);
    announced = text;
  }

  const moreButton = () => h('button', {class: 'button', type: 'button', 'data-key': 'more', onclick: () => {
    list.showMore();
    reading.now();
  }}, 'Show more');

  const reading = poll({
    signal,
    everyMs: 5000,
    load: async () => {
      try {
        const current = await list.read(draw);
        if (signal.aborted) return;
        update(problem);
        if (current) draw();
      } catch (error) {
        if (!signal.aborted) {
          update(problem, errorNotice(error));
          if (list.experiments.length === 0) update(results);
        }
        throw error;
      }
    },
  });

  function ask(query) {
    list.query = {...list.query, ...query};
    list.restart();
    reading.now();
  }

  root.append(
    h('div', {class: 'title'}, h('h1', null, 'Experiments'), mayWrite && h('a', {class: 'button button-primary', href: '/experiments/new'}, 'New experiment')),
    filters(ask, signal),
    problem,
    results);
}

function filters(ask, signal) {
  let timer;
  signal.addEventListener('abort', () => clearTimeout(timer));
  const typed = (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => ask({q: event.target.value.trim()}), TYPING_DELAY_MS);
  };
  return h('div', {class: 'filters'},
    h('input', {type: 'search', placeholder: 'Search name or key', 'aria-label': 'Search name or key', maxlength: 200, oninput: typed}),
    h('select', {'aria-label': 'State', onchange: (event) => ask({state: event.target.value})},
      h('option', {value: ''}, 'All states'),
      STATES.map((name) => h('option', {value: name}, formatState(name)))));
}
