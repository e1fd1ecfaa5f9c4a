// One experiment: what it has learned, live, and what can be done with it.
import {actionsFor, winnerChoice} from '../ui/actions.js';
import {confirmAction} from '../ui/confirm.js';
import {h, replace} from '../core/dom.js';
import {formatAgo, formatCount, formatLoss, formatPercent, formatProbability} from '../core/format.js';
import {intervalBar} from '../ui/interval_bar.js';
import {errorNotice} from '../ui/notice.js';
import {stateBadge} from '../ui/state_badge.js';

const POLL_MS = 2000;
const COLUMNS = ['Variant', 'Visitors', 'Conversions', 'Rate', '95 % credible interval', 'P(best)', 'Expected loss', 'Share of new visitors'];

export function experimentPage({api, root, params, signal, announce}) {
  const path = `/api/experiments/${encodeURIComponent(params.id)}`;
  const head = h('div');
  const problem = h('div');
  const numbers = h('div');
  const snippet = h('div');
  let experiment = null;
  let analytics = null;
  let timer;

  async function refresh() {
    clearTimeout(timer);
    try {
      const [latest, report] = await Promise.all([api.call('GET', path), api.call('GET', `${path}/analytics`)]);
      if (signal.aborted) return;
      problem.replaceChildren();
      if (latest.etag !== experiment?.etag) {
        experiment = latest;
        drawHead();
      }
      analytics = report;
      replace(numbers, verdict(analytics), totals(analytics), leaderboard(analytics));
    } catch (error) {
      if (signal.aborted) return;
      replace(problem, errorNotice(error));
      if (error.status === 404) return;
    }
    timer = setTimeout(tick, POLL_MS);
  }

  // A hidden page asks for nothing.
  function tick() {
    if (document.hidden) document.addEventListener('visibilitychange', tick, {once: true, signal});
    else refresh();
  }

  async function act(action) {
    const choice = action.needsWinner ? winnerChoice(experiment, leader(analytics)) : null;
    const title = `${action.label} ${experiment.name}?`;
    if (!(await confirmAction({title, text: action.text, action: action.label, content: choice?.element}))) return;
    try {
      const body = {etag: experiment.etag, ...(choice && {winner: choice.value()})};
      experiment = await api.call('POST', `${path}:${action.verb}`, body);
      drawHead();
      announce(`${experiment.name} is ${experiment.state.toLowerCase()}`);
      refresh();
    } catch (error) {
      replace(problem, errorNotice(error));
    }
  }

  function drawHead() {
    document.title = `${experiment.name} · MAB`;
    replace(head,
      h('p', {class: 'crumbs'}, h('a', {href: '/'}, 'Experiments')),
      h('div', {class: 'title'},
        h('div', null, h('h1', null, experiment.name, ' ', stateBadge(experiment.state)), h('p', {class: 'faint mono'}, experiment.key)),
        h('div', {class: 'actions'}, actionsFor(experiment.state).map((action) => h('button', {class: 'button', type: 'button', onclick: () => act(action)}, action.label)))),
      experiment.description && h('p', null, experiment.description),
      h('p', {class: 'faint'}, lifeline(experiment)),
      experiment.allowed_origins.length > 0 && h('p', {class: 'faint'}, `Answers only pages of ${experiment.allowed_origins.join(', ')}`));
    replace(snippet, curlSnippet(experiment));
  }

  root.append(head, problem, numbers, snippet);
  signal.addEventListener('abort', () => clearTimeout(timer));
  refresh();
}

function lifeline(experiment) {
  const now = Date.now();
  const parts = [`created ${formatAgo(experiment.create_time, now)}`];
  if (experiment.start_time) parts.push(`started ${formatAgo(experiment.start_time, now)}`);
  if (experiment.end_time) parts.push(`completed ${formatAgo(experiment.end_time, now)}`);
  if (experiment.rows_retire_time) parts.push(`rows of visitors deleted ${formatAgo(experiment.rows_retire_time, now)}`);
  return parts.join(' · ');
}

function leader(analytics) {
  if (!analytics) return '';
  return analytics.variants.reduce((best, one) => (one.probability_best > best.probability_best ? one : best)).variant.key;
}

function verdict(analytics) {
  const stratified = analytics.comparison.basis === 'STRATIFIED';
  return h('div', null, h('p', {class: 'verdict'}, analytics.verdict.text), stratified && h('p', {class: 'faint'}, analytics.comparison.text));
}

function totals(analytics) {
  const tile = (label, value) => h('div', {class: 'tile'}, h('dt', null, label), h('dd', null, value));
  return h('dl', {class: 'tiles'}, tile('Visitors', formatCount(analytics.exposures)), tile('Conversions', formatCount(analytics.conversions)));
}

function leaderboard(analytics) {
  const max = Math.max(...analytics.variants.map((one) => one.credible_interval.upper));
  const leading = leader(analytics);
  const rows = analytics.variants.map((one) => {
    const {lower, upper} = one.credible_interval;
    const {variant} = one;
    return h('tr', {class: variant.key === leading && analytics.exposures > 0 ? 'leading' : null},
      h('th', {scope: 'row'}, variant.name, ' ', variant.is_control && h('span', {class: 'tag'}, 'control'), variant.disabled && h('span', {class: 'tag'}, 'disabled'),
        h('div', {class: 'faint mono'}, variant.key)),
      h('td', {class: 'number'}, formatCount(one.exposures)),
      h('td', {class: 'number'}, formatCount(one.conversions)),
      h('td', {class: 'number'}, formatPercent(one.rate)),
      h('td', null, intervalBar({lower, upper, mean: one.posterior.mean, max}), h('div', {class: 'faint'}, `${formatPercent(lower)} to ${formatPercent(upper)}`)),
      h('td', {class: 'number'}, formatProbability(one.probability_best)),
      h('td', {class: 'number'}, formatLoss(one.expected_loss)),
      h('td', {class: 'number'}, formatPercent(one.allocation, 1)));
  });
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Variants'},
    h('table', {class: 'table'},
      h('thead', null, h('tr', null, COLUMNS.map((name, index) => h('th', {scope: 'col', class: index > 0 && index !== 4 ? 'number' : null}, name)))),
      h('tbody', null, rows)));
}

function curlSnippet(experiment) {
  const call = (verb) => `curl -H 'content-type: application/json' -d '{"user_id": "visitor-42"}' \\\n  ${location.origin}/api/experiments/${experiment.key}/${verb}`;
  return h('section', {class: 'card'},
    h('h2', null, 'Use it'),
    h('p', null, 'Ask which variant a visitor sees, and say when he converts:'),
    h('pre', {tabindex: '0'}, h('code', null, `${call('assign')}\n\n${call('convert')}`)));
}
