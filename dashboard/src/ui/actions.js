// What can be done with an experiment in each state, and what each action means: with this experiment's own numbers.
import {formatCount, formatDuration, formatPercent, formatProbability, formatShortPercent} from '../core/format.js';
import {controlOf, quoted} from '../core/variants.js';

const START = {verb: 'start', label: 'Start', done: 'started', primary: true};
const PAUSE = {verb: 'pause', label: 'Pause', done: 'paused'};
const RESUME = {verb: 'resume', label: 'Resume', done: 'running again', primary: true};
const COMPLETE = {verb: 'complete', label: 'Complete', done: 'completed', needsWinner: true};
const ARCHIVE = {verb: 'archive', label: 'Archive', done: 'archived'};
const DELETE = {verb: 'delete', label: 'Delete', done: 'deleted', danger: true};

const BY_STATE = {
  DRAFT: [DELETE, START],
  RUNNING: [PAUSE, COMPLETE],
  PAUSED: [RESUME, COMPLETE],
  COMPLETED: [ARCHIVE],
  ARCHIVED: [],
};

/** Who may change experiments. The server refuses the others whatever the page offers. */
export function mayWrite(role) {
  return role === 'EDITOR' || role === 'ADMIN';
}

export function actionsFor(state, role) {
  return mayWrite(role) ? (BY_STATE[state] ?? []) : [];
}

/** The variants that can be disabled: not the control, nor the last one beside it. */
export function canDisable(experiment, variant, role) {
  const others = experiment.variants.filter((one) => !one.is_control && !one.disabled);
  const weighted = experiment.variants.filter((one) => !one.disabled && one.weight > 0);
  const lastWeight = experiment.policy === 'FIXED' && weighted.length === 1 && weighted[0].key === variant.key;
  const open = ['RUNNING', 'PAUSED'].includes(experiment.state);
  return mayWrite(role) && open && !variant.is_control && !variant.disabled && others.length > 1 && !lastWeight;
}

const visitors = (count) => (count === 1 ? '1 visitor' : `${formatCount(count)} visitors`);

/**
 * What happens, in sentences: {effects: [], warnings: []}. analytics may be null (it can't be read); then the sentences come
 * without numbers. winner: the key of the variant to complete with. variant: the one to disable.
 */
export function consequences(verb, experiment, analytics, {winner = '', variant = null} = {}) {
  return EXPLAIN[verb](experiment, analytics, {winner, variant});
}

const EXPLAIN = {
  start: (experiment) => ({
    effects: [
      `${firstShares(experiment)} ${takePart(experiment)}`,
      'From then on variants can’t be added or removed, and the prior and the conversion window stand.',
    ],
    warnings: [],
  }),
  pause: (experiment, analytics) => ({
    effects: [
      `New visitors see the control, ${quoted(controlOf(experiment))}, and aren’t recorded.`,
      `${analytics ? `The ${visitors(analytics.exposures)} of before keep what they saw` : 'Known visitors keep what they saw'}, and their conversions still count.`,
      'You can resume at any time.',
    ],
    warnings: [],
  }),
  resume: (experiment, analytics) => ({
    effects: [`New visitors are assigned and recorded again${analytics ? `, at first ${allocations(analytics)}` : ''}.`],
    warnings: [],
  }),
  complete,
  archive: () => ({
    effects: [
      'Pages and services that still ask for this experiment get an error from now on: take its code out of them first.',
      'Its numbers stay here. This can’t be undone.',
    ],
    warnings: [],
  }),
  delete: (experiment) => ({
    effects: [`The draft and its ${experiment.variants.length} variants are gone for good. No visitor has seen them.`],
    warnings: [],
  }),
  disable: (experiment, analytics, {variant}) => {
    const row = analytics?.variants.find((one) => one.variant.key === variant.key);
    return {
      effects: [
        `Nobody sees ${quoted(variant)} any more. ${row ? `The ${visitors(row.exposures)} who saw it see` : 'Who saw it sees'} the control, ${quoted(controlOf(experiment))}, from now on.`,
        row ? `Its ${formatPercent(row.allocation, 1)} of new visitors go to the other variants. Its numbers stay.` : 'Its numbers stay.',
        'This can’t be undone.',
      ],
      warnings: row && analytics.verdict.leader === variant.key && analytics.exposures > 0
        ? [`${quoted(variant)} leads: it is best with probability ${formatProbability(row.probability_best)}.`]
        : [],
    };
  },
};

function complete(experiment, analytics, {winner}) {
  const chosen = experiment.variants.find((variant) => variant.key === winner);
  const effects = [`Everybody sees ${chosen ? quoted(chosen) : 'the winner'} from now on, also those who saw another variant before. Nobody new is recorded.`];
  const pending = analytics?.delays?.pending_exposures ?? 0;
  if (pending > 0) {
    effects.push(`${visitors(pending)} saw a variant within the last ${formatDuration(analytics.delays.window_seconds)} and may still convert: they are counted while that lasts.`);
  }
  effects.push('The numbers stay here. This can’t be undone.');
  return {effects, warnings: analytics && chosen ? doubts(experiment, analytics, chosen) : []};
}

// Why completing with this variant, now, may be a mistake.
function doubts(experiment, analytics, chosen) {
  const {verdict} = analytics;
  const warnings = [];
  const row = analytics.variants.find((one) => one.variant.key === chosen.key);
  const leader = experiment.variants.find((variant) => variant.key === verdict.leader);
  if (analytics.exposures > 0 && leader && leader.key !== chosen.key) {
    warnings.push(`${quoted(chosen)} doesn’t lead: it is best with probability ${formatProbability(row?.probability_best)}. ${quoted(leader)} does.`);
  }
  if (verdict.recommendation === 'KEEP_RUNNING') warnings.push('The numbers don’t settle it yet: the advice is to keep running.');
  if (verdict.recommendation === 'CHECK_DATA') warnings.push('A check of the data failed: the numbers may not mean what they seem to.');
  return warnings;
}

// What the first visitors see: nothing is known yet, so all variants alike, or by their weights.
function firstShares(experiment) {
  const {policy, variants} = experiment;
  if (policy !== 'FIXED') return `New visitors are shown one of the ${variants.length} variants: at first each to ${formatShortPercent(1 / variants.length)} of them, then more and more what converts best.`;
  const all = variants.reduce((sum, variant) => sum + variant.weight, 0);
  return `New visitors are shown ${variants.map((variant) => `${quoted(variant)} with probability ${formatShortPercent(variant.weight / all)}`).join(', ')}.`;
}

function takePart(experiment) {
  return experiment.traffic_share < 1 ? `${formatShortPercent(experiment.traffic_share)} of them take part; the others see the control.` : '';
}

function allocations(analytics) {
  const rows = [...analytics.variants].filter((row) => !row.variant.disabled).sort((a, b) => b.allocation - a.allocation);
  const named = rows.slice(0, rows.length === 4 ? 4 : 3).map((row) => `${formatPercent(row.allocation, 1)} to ${quoted(row.variant)}`);
  return named.join(', ') + (rows.length > 4 ? ', and the rest to the others' : '');
}
