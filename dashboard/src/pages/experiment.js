// One experiment: what it has learned, live, and what can be done with it. Each part of the page is a file in experiment/.
import {rateScale} from '../charts/scale.js';
import {h, update} from '../core/dom.js';
import {poll} from '../core/poll.js';
import {actor} from '../experiment/act.js';
import {configuration} from '../experiment/configuration.js';
import {densities} from '../experiment/densities.js';
import {draft} from '../experiment/draft.js';
import {head} from '../experiment/head.js';
import {health} from '../experiment/health.js';
import {leaderboard} from '../experiment/leaderboard.js';
import {skeleton} from '../experiment/loading.js';
import {lookup} from '../experiment/lookup.js';
import {overTime} from '../experiment/over_time.js';
import {rawNumbers} from '../experiment/raw_numbers.js';
import {tiles} from '../experiment/tiles.js';
import {useIt} from '../experiment/use_it.js';
import {colourNames} from '../experiment/variants.js';
import {verdict} from '../experiment/verdict.js';
import {actionsFor} from '../ui/actions.js';
import {errorNotice} from '../ui/notice.js';

const POLL_MS = 2000;
const PARTS = ['head', 'said', 'problem', 'verdict', 'tiles', 'board', 'beliefs', 'health', 'time', 'visitors', 'use', 'draft', 'configuration', 'raw'];
const DISABLE = {verb: 'disable', label: 'Disable', done: 'changed', danger: true};

export function experimentPage({api, root, params, signal, announce, go}) {
  const path = `/api/experiments/${encodeURIComponent(params.id)}`;
  document.title = 'Experiment · MAB';
  let experiment = null;
  let analytics = null;
  let timeline = null;
  let rates = null; // the scale that all rates are drawn on
  let snippet = null;
  let failed = false;

  const part = (name) => h('div', {class: `exp exp-${name}`, 'data-key': name});
  const parts = Object.fromEntries(PARTS.map((name) => [name, part(name)]));
  const loading = skeleton(signal);
  const {perform} = actor({api, path, current: () => ({experiment, analytics})});
  const drawBoard = leaderboard({changed: () => show(), act: {disable: (variant) => act(DISABLE, {variant}), complete}});
  const density = densities(signal);
  const raw = rawNumbers({timeline: () => timeline, announce});
  let charts = null;

  parts.beliefs.append(density.element, parts.health);
  const aside = h('div', {class: 'stack'}, lookup({api, signal, path, experiment: () => experiment, announce}));
  parts.visitors.append(aside);
  parts.raw.append(raw.element);

  async function act(action, options) {
    try {
      const {done, cancelled} = await perform(action, options);
      if (cancelled || signal.aborted) return;
      update(parts.said);
      announce(`${experiment.name} is ${action.done}`);
      if (done === null) return go('/');
      experiment = done;
      show();
      await polling.now();
      charts?.reload();
    } catch (error) {
      if (!signal.aborted) await explain(error);
    }
    return undefined;
  }

  // Of two people who change the same thing the second is told, and shown how it is now.
  async function explain(error) {
    if (error.code !== 'ETAG_MISMATCH') return update(parts.said, errorNotice(error));
    update(parts.said, h('div', {class: 'notice notice-warn', role: 'alert'},
      h('p', null, 'Somebody changed this experiment meanwhile, so nothing was done. What you see now is how it is: look at it, then try again.')));
    return polling.now();
  }

  function complete(winner) {
    const action = actionsFor(experiment.state, api.role).find(({verb}) => verb === 'complete');
    const key = winner || analytics?.verdict.winner || analytics?.verdict.leader || experiment.variants.find((variant) => !variant.disabled).key;
    return act(action, {winner: key});
  }

  function onAction(action) {
    return action.needsWinner ? complete('') : act(action);
  }

  function toHealth() {
    const section = document.getElementById('health');
    section.querySelector('details').open = true;
    section.scrollIntoView({block: 'center'});
    section.focus({preventScroll: true});
  }

  // Which parts there are, from top to bottom. The code to paste comes first where nobody has pasted it yet.
  function layout() {
    const {head: top, said, problem} = parts;
    if (!experiment) return [problem, !failed && loading];
    if (experiment.state === 'DRAFT') return [top, said, problem, parts.verdict, parts.draft, parts.configuration, parts.use];
    if (!analytics) return [top, said, problem, !failed && loading];
    if (analytics.exposures === 0) return [top, said, problem, parts.verdict, parts.use, parts.board, parts.configuration];
    if (parts.use.parentNode !== parts.visitors) {
      const focused = document.activeElement;
      parts.visitors.append(parts.use);
      if (parts.use.contains(focused)) focused.focus({preventScroll: true});
      aside.append(parts.configuration);
    }
    return [top, said, problem, parts.verdict, parts.tiles, parts.board, parts.beliefs, parts.time, parts.visitors, parts.raw];
  }

  function show() {
    if (signal.aborted) return;
    if (experiment) showExperiment();
    if (experiment && analytics) showNumbers();
    update(root, layout().filter(Boolean));
    if (analytics?.exposures > 0) density.draw(analytics, rates);
  }

  function showExperiment() {
    document.title = `${experiment.name} · MAB`;
    update(parts.head, head(experiment, api.role, onAction));
    update(parts.configuration, configuration(experiment, experiment.state === 'DRAFT'));
    if (experiment.state === 'DRAFT') update(parts.draft, draft(experiment));
    else if (!charts) startCharts();
    const code = `${experiment.key} ${JSON.stringify(experiment.variants.map((variant) => variant.payload))}`;
    if (snippet === code) return;
    snippet = code;
    parts.use.replaceChildren(useIt(experiment, announce));
  }

  // They are on their way while the numbers are, and nothing waits for them.
  function startCharts() {
    charts = overTime({api, signal, path, experiment: () => experiment, onAnswer: (answer) => (timeline = answer)});
    parts.time.append(charts.element);
  }

  function showNumbers() {
    const colours = colourNames(experiment.variants);
    update(parts.verdict, verdict(experiment, analytics, api.role, {complete: () => complete(''), toHealth}));
    if (experiment.state === 'DRAFT') return;
    rates = rateScale(rates, analytics.variants);
    update(parts.board, drawBoard({experiment, analytics, colours, role: api.role, rates}));
    if (analytics.exposures === 0) return;
    update(parts.tiles, tiles(experiment, analytics));
    update(parts.health, health(analytics));
    raw.draw(analytics);
  }

  async function load() {
    const fetched = async (url, take) => {
      const answer = await api.call('GET', url);
      if (signal.aborted) return;
      take(answer);
      failed &&= !analytics;
      show();
    };
    try {
      await Promise.all([fetched(path, (answer) => (experiment = answer)), fetched(`${path}/analytics`, (answer) => (analytics = answer))]);
      if (parts.problem.querySelector('.notice-error')) update(parts.problem);
    } catch (error) {
      if (signal.aborted) return;
      error.final = error.status === 404;
      // What is there stays; the line at the top says that the server is away.
      if (!analytics || error.status !== 0) update(parts.problem, error.final ? notThere() : errorNotice(error, () => polling.now()));
      failed = !analytics;
      show();
      throw error;
    }
  }

  show();
  const polling = poll({signal, everyMs: POLL_MS, load});
}

function notThere() {
  return h('div', {class: 'empty'}, h('h1', null, 'There is no such experiment'), h('p', null, 'It may have been a draft that is deleted. ', h('a', {href: '/'}, 'All experiments')));
}
