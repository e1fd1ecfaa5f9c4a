// One experiment: what it has learned, live, and what can be done with it. Each part of the page is a file in experiment/.
import {rateScale} from '../charts/scale.js';
import {h, update} from '../core/dom.js';
import {actor} from '../experiment/act.js';
import {configuration} from '../experiment/configuration.js';
import {densities} from '../experiment/densities.js';
import {draft} from '../experiment/draft.js';
import {head} from '../experiment/head.js';
import {health} from '../experiment/health.js';
import {leaderboard} from '../experiment/leaderboard.js';
import {live} from '../experiment/live.js';
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

const PARTS = [
  'head', 'said', 'problem', 'verdict', 'tiles', 'board', 'beliefs', 'health', 'time', 'visitors', 'aside', 'use', 'draft', 'configuration', 'raw',
];
const DISABLE = {verb: 'disable', label: 'Disable', done: 'changed', danger: true};

export function experimentPage(context) {
  const {api, root, params, signal, announce} = context;
  const path = `/api/experiments/${encodeURIComponent(params.id)}`;
  document.title = 'Experiment · MAB';
  const parts = Object.fromEntries(PARTS.map((name) => [name, h('div', {class: `exp exp-${name}`, 'data-key': name})]));
  const loading = skeleton(signal);
  let page = {experiment: null, analytics: null, failed: false};
  const acting = actions({...context, path, parts, page: () => page, done: () => numbers.reloadCharts()});
  const numbers = numberParts({...context, path, parts, page: () => page, acting, show: () => show()});
  let snippet = '';

  function show() {
    if (signal.aborted) return;
    const {experiment, analytics} = page;
    if (experiment) showExperiment(experiment);
    if (experiment && analytics) numbers.show(experiment, analytics);
    update(root, layout(parts, page, loading));
    if (experiment && analytics) numbers.measure(analytics);
  }

  function showExperiment(experiment) {
    document.title = `${experiment.name} · MAB`;
    update(parts.head, head(experiment, api.role, acting.start));
    update(parts.configuration, configuration(experiment, experiment.state === 'DRAFT'));
    if (experiment.state === 'DRAFT') update(parts.draft, draft(experiment));
    else numbers.startCharts();
    const code = `${experiment.key} ${JSON.stringify(experiment.variants.map((variant) => variant.payload))}`;
    if (snippet === code) return;
    snippet = code;
    parts.use.replaceChildren(useIt(experiment, announce));
  }

  function problem(error) {
    if (!error) update(parts.problem);
    else if (error.final) update(parts.problem, notThere());
    // What is there stays while the server is away: the line at the top says so.
    else if (!page.analytics || error.status !== 0) update(parts.problem, errorNotice(error, () => page.now()));
  }

  update(root, loading);
  page = live({api, path, signal, changed: () => show(), problem});
}

// What can be done with the experiment: {start(action), complete(winner), disable(variant)}. done(): after each.
function actions({api, root, signal, announce, go, path, parts, page, done: acted}) {
  const {perform} = actor({api, signal, path, current: page});

  async function act(action, options) {
    try {
      const {done, cancelled} = await perform(action, options);
      if (cancelled || signal.aborted) return;
      update(parts.said);
      announce(`${page().experiment.name} is ${action.done}`);
      if (done === null) return void go('/');
      page().take(done);
      // The button that was pressed may be gone.
      if (document.activeElement === document.body) root.focus({preventScroll: true});
      acted();
      await page().now();
    } catch (error) {
      if (!signal.aborted) await explain(error);
    }
  }

  // Of two people who change the same thing the second is told, and shown how it is now.
  async function explain(error) {
    if (error.code !== 'ETAG_MISMATCH') return update(parts.said, errorNotice(error));
    update(parts.said, h('div', {class: 'notice notice-warn', role: 'alert'},
      h('p', null, 'Somebody changed this experiment meanwhile, so nothing was done. What you see now is how it is: look at it, then try again.')));
    return page().now();
  }

  function complete(winner = '') {
    const {experiment, analytics} = page();
    const action = actionsFor(experiment.state, api.role).find(({verb}) => verb === 'complete');
    const served = experiment.variants.find((variant) => !variant.disabled);
    return act(action, {winner: winner || analytics?.verdict.winner || analytics?.verdict.leader || served.key});
  }

  return {
    complete,
    disable: (variant) => act(DISABLE, {variant}),
    start: (action) => (action.needsWinner ? complete() : act(action)),
  };
}

// The parts that show numbers: {show(experiment, analytics), measure(analytics), startCharts(), reloadCharts()}.
function numberParts({api, signal, announce, path, parts, page, acting, show}) {
  const drawBoard = leaderboard({changed: show, act: acting});
  const density = densities(signal);
  let timeline = null;
  const raw = rawNumbers({timeline: () => timeline, announce});
  let charts = null;
  let rates = null; // the scale that all rates are drawn on
  let told = ''; // code of the verdict that is shown

  parts.beliefs.append(density.element, parts.health);
  parts.aside.append(lookup({api, signal, path, experiment: () => page().experiment, announce}));
  parts.visitors.append(parts.aside);
  parts.raw.append(raw.element);

  // They are on their way while the numbers are, and nothing waits for them.
  function startCharts() {
    if (charts) return;
    charts = overTime({api, signal, path, experiment: () => page().experiment, onAnswer: (answer) => (timeline = answer)});
    parts.time.append(charts.element);
  }

  // A verdict that changes while the page is open is said to readers of the screen.
  function tell({code, text}) {
    if (told !== '' && told !== code) announce(text);
    told = code;
  }

  return {
    startCharts,
    reloadCharts: () => charts?.reload(),
    show(experiment, analytics) {
      tell(analytics.verdict);
      update(parts.verdict, verdict(experiment, analytics, api.role, {complete: () => acting.complete(), toHealth: () => openHealth(parts.health)}));
      if (experiment.state === 'DRAFT') return;
      rates = rateScale(rates, analytics.variants);
      const colours = colourNames(experiment.variants);
      update(parts.board, drawBoard({experiment, analytics, colours, role: api.role, rates}));
      if (analytics.exposures === 0) return;
      update(parts.tiles, tiles(experiment, analytics));
      update(parts.health, health(analytics));
      raw.draw(analytics);
    },
    // What is drawn by the width of its place: once that is on the page.
    measure(analytics) {
      if (analytics.exposures > 0) density.draw(analytics, rates);
    },
  };
}

// Which parts there are, from top to bottom. The code to paste comes first where nobody has pasted it yet.
function layout(parts, {experiment, analytics, failed}, loading) {
  const top = [parts.head, parts.said, parts.problem];
  if (!experiment) return [parts.problem, !failed && loading];
  if (experiment.state === 'DRAFT') return [...top, parts.verdict, parts.draft, parts.configuration, parts.use];
  if (!analytics) return [...top, !failed && loading];
  if (analytics.exposures === 0) return [...top, parts.verdict, parts.use, parts.board, parts.configuration];
  if (parts.configuration.parentNode !== parts.aside) parts.aside.append(parts.configuration);
  if (experiment.state === 'ARCHIVED') parts.use.remove();
  else if (parts.use.parentNode !== parts.visitors) moveTo(parts.visitors, parts.use);
  return [...top, parts.verdict, parts.tiles, parts.board, parts.beliefs, parts.time, parts.visitors, parts.raw];
}

// With the focus, where it is within.
function moveTo(place, element) {
  const focused = document.activeElement;
  place.append(element);
  if (element.contains(focused)) focused.focus({preventScroll: true});
}

function openHealth(part) {
  const section = part.firstElementChild;
  if (!section) return;
  section.querySelector('details').open = true;
  section.scrollIntoView({block: 'center'});
  section.focus({preventScroll: true});
}

function notThere() {
  return h('div', {class: 'empty'},
    h('h1', null, 'There is no such experiment'),
    h('p', null, 'It may have been a draft that is deleted. ', h('a', {href: '/'}, 'All experiments')));
}
