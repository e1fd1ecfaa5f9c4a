// All experiments, newest first: search, filter by state, pages.
import {h} from '../core/dom.js';
import {formatAgo, formatState} from '../core/format.js';
import {pagedTable} from '../ui/paged_table.js';
import {stateBadge} from '../ui/state_badge.js';

const STATES = ['DRAFT', 'RUNNING', 'PAUSED', 'COMPLETED', 'ARCHIVED'];

export function experimentsPage({api, root, signal, announce}) {
  document.title = 'Experiments · MAB';
  const {filters, results} = pagedTable({
    api, signal, announce, row,
    path: '/api/experiments',
    entries: 'experiments',
    columns: ['Experiment', 'State', 'Variants', 'Changed'],
    empty: (filtered) => (filtered ? nothingFound() : nothingYet()),
    inputs: {
      q: h('input', {type: 'search', placeholder: 'Search name or key', 'aria-label': 'Search name or key', maxlength: 200}),
      state: h('select', {'aria-label': 'State'},
        h('option', {value: ''}, 'All states'),
        STATES.map((name) => h('option', {value: name}, formatState(name)))),
    },
  });
  root.append(
    h('div', {class: 'title'}, h('h1', null, 'Experiments'), h('a', {class: 'button button-primary', href: '/experiments/new'}, 'New experiment')),
    filters,
    results);
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
