// All experiments, newest first: search, filter by state, pages.
import {h, replace} from '../dom.js';
import {formatAgo, formatState} from '../format.js';
import {errorNotice} from '../notice.js';
import {stateBadge} from '../state_badge.js';

const STATES = ['DRAFT', 'RUNNING', 'PAUSED', 'COMPLETED', 'ARCHIVED'];
const SEARCH_DELAY_MS = 250;

export function experimentsPage({api, root, signal, announce}) {
  document.title = 'Experiments · MAB';
  const search = h('input', {type: 'search', placeholder: 'Search name or key', 'aria-label': 'Search name or key', maxlength: 200});
  const state = h('select', {'aria-label': 'State'},
    h('option', {value: ''}, 'All states'),
    STATES.map((name) => h('option', {value: name}, formatState(name))));
  const rows = h('tbody');
  const table = h('table', {class: 'table'},
    h('thead', null, h('tr', null, ['Experiment', 'State', 'Variants', 'Changed'].map((name) => h('th', {scope: 'col'}, name)))),
    rows);
  const results = h('div', {class: 'results'});
  const more = h('button', {class: 'button', type: 'button', onclick: () => load(nextPage)}, 'Show more');
  let nextPage = '';
  let newest = 0;

  async function load(pageToken) {
    const mine = ++newest;
    const query = new URLSearchParams({page_size: '25'});
    if (pageToken) query.set('page_token', pageToken);
    if (state.value) query.set('state', state.value);
    if (search.value.trim()) query.set('q', search.value.trim());
    try {
      const answer = await api.call('GET', `/api/experiments?${query}`);
      if (signal.aborted || mine !== newest) return;
      show(answer, Boolean(pageToken));
    } catch (error) {
      if (!signal.aborted && mine === newest) replace(results, errorNotice(error, () => load(pageToken)));
    }
  }

  function show({experiments, next_page_token: token}, append) {
    const now = Date.now();
    if (!append) rows.replaceChildren();
    rows.append(...experiments.map((experiment) => row(experiment, now)));
    nextPage = token;
    if (rows.children.length === 0) replace(results, search.value || state.value ? nothingFound() : nothingYet());
    else replace(results, h('div', {class: 'scroll'}, table), token && more);
    announce(`${rows.children.length} experiments`);
  }

  let timer;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(''), SEARCH_DELAY_MS);
  });
  signal.addEventListener('abort', () => clearTimeout(timer));
  state.addEventListener('change', () => load(''));

  root.append(
    h('div', {class: 'title'}, h('h1', null, 'Experiments'), h('a', {class: 'button button-primary', href: '/experiments/new'}, 'New experiment')),
    h('div', {class: 'filters'}, search, state),
    results);
  load('');
}

function row(experiment, now) {
  return h('tr', null,
    h('th', {scope: 'row'}, h('a', {href: `/experiments/${experiment.key}`}, experiment.name), h('div', {class: 'faint mono'}, experiment.key)),
    h('td', null, stateBadge(experiment.state)),
    h('td', null, String(experiment.variants.length)),
    h('td', {title: experiment.update_time}, formatAgo(experiment.update_time, now)));
}

function nothingFound() {
  return h('p', {class: 'empty'}, 'No experiment matches.');
}

function nothingYet() {
  return h('div', {class: 'empty'},
    h('p', null, 'No experiment yet. An experiment shows visitors two or more variants and sends more and more of them to the one that converts best.'),
    h('p', null, h('a', {href: '/experiments/new'}, 'Create the first one'), ', or run ', h('code', null, './mab demo'), ' to watch one learn.'));
}
