// The table of experiments: one row each, with what it has learned so far.
import {formatProbability, formatSignedCount, formatState} from '../core/format.js';
import {h} from '../core/dom.js';
import {experimentPath} from '../core/paths.js';
import {meter} from '../ui/meter.js';
import {ago, number} from '../ui/number.js';
import {stateBadge} from '../ui/state_badge.js';
import {table} from '../ui/table.js';
import {sparkline} from './sparkline.js';

const COLUMNS = ['Experiment', 'State', 'Visitors', 'Leader', 'Gain over equal split', 'Changed'];

/** experiments: of the API; summaries: by id, where they are known. */
export function experimentTable(experiments, summaries) {
  return table({label: 'Table of experiments', columns: COLUMNS, rows: experiments.map((experiment) => row(experiment, summaries.get(experiment.id)))});
}

function row(experiment, summary) {
  return h('tr', {'data-key': experiment.id},
    h('th', {scope: 'row'}, h('a', {href: experimentPath(experiment)}, experiment.name),
      h('div', {class: 'faint'}, h('span', {class: 'mono'}, experiment.key), ` · ${experiment.variants.length} variants`)),
    h('td', null, stateBadge(experiment.state), summary && warning(summary)),
    h('td', null, summary ? traffic(summary) : nothing()),
    h('td', null, experiment.winner ? winner(experiment, summary) : summary?.leader ? leader(summary) : nothing()),
    h('td', null, summary?.gain ? gain(summary.gain) : nothing()),
    h('td', null, ago(experiment.update_time)));
}

function nothing() {
  return h('span', {class: 'faint'}, '–');
}

function warning({health}) {
  if (health !== 'FAILED') return null;
  return h('div', {class: 'list-warning'}, 'Check the data');
}

function traffic({exposures, traffic: steps}) {
  return h('div', {class: 'list-traffic'}, number(exposures), sparkline(steps.exposures));
}

const WORDS = {LEADER_CLEAR: 'clear', NO_DIFFERENCE: 'no difference', VALUE_EXHAUSTED: 'good enough'};

// Whom everybody sees, which need not be the one that learned best.
function winner({variants, winner: key}, summary) {
  const name = variants.find((variant) => variant.key === key)?.name ?? key;
  const probability = summary?.leader?.key === key ? summary.probability_best : null;
  return h('div', {class: 'list-leader'},
    h('span', null, name, ' ', h('span', {class: 'tag'}, 'winner')),
    probability !== null && best(probability));
}

function best(probability) {
  return h('span', {class: 'list-best'}, meter(probability), h('span', {class: 'faint'}, 'best: ', number(probability, formatProbability)));
}

function leader({leader: variant, probability_best: probability, verdict_code: code}) {
  const word = WORDS[code];
  return h('div', {class: 'list-leader'},
    h('span', null, variant.name, word && [' ', h('span', {class: 'tag'}, word)]),
    best(probability));
}

function gain({conversions, lower, upper}) {
  const sure = lower > 0 ? 'gain-good' : upper < 0 ? 'gain-bad' : null;
  return h('div', {class: 'list-gain'},
    h('span', {class: sure}, number(conversions, formatSignedCount)),
    h('div', {class: 'faint'}, number(lower, formatSignedCount), ' to ', number(upper, formatSignedCount)));
}

/** What stands where nothing matches the filters. */
export function nothingFound(query) {
  const state = query.state ? `${formatState(query.state).toLowerCase()} ` : '';
  return h('p', {class: 'empty'}, query.q ? `No ${state}experiment matches “${query.q}”.` : `There is no ${state}experiment.`);
}

/** The empty state, which teaches. */
export function nothingYet(mayWrite) {
  const step = (title, ...text) => h('li', null, h('h3', null, title), h('p', null, text));
  return h('section', {class: 'empty teach', 'aria-labelledby': 'teach-title'},
    h('h2', {id: 'teach-title'}, 'No experiment yet'),
    h('p', null, 'An experiment shows visitors two or more variants, and sends more and more of them to the one that converts best.'),
    h('ol', {class: 'steps'},
      step('Create', 'Name what you want to improve, and its variants: a headline, a button, a price.'),
      step('Start', 'Paste a few lines into your page or service. They ask which variant a visitor sees, and say when he converts.'),
      step('Watch', 'Within two seconds the shares follow what visitors do. The page says in a sentence when to stop.')),
    h('p', {class: 'actions'},
      mayWrite && h('a', {class: 'button button-primary', href: '/experiments/new'}, 'Create the first experiment')),
    h('p', {class: 'faint'}, 'Or run ', h('code', null, './mab demo'), ' on the server to watch one learn.'));
}
