// The proof of an assignment, told step by step in plain English.
import {formatPercent, formatTime} from '../core/format.js';
import {quoted} from '../core/variants.js';

const LIKELY = ': for every variant the rates that were still likely then';
const exact = (value) => (Number.isFinite(value) ? String(value) : '–');

/** What is on record of the visitor, in sentences. */
export function recordSentences({variant, assigned_at: assigned, exposed_at: exposed, conversion, propensity}) {
  const sentences = [`The visitor was given ${quoted(variant)} on ${formatTime(assigned)}; a new visitor got it then with probability ${formatPercent(propensity)}.`];
  sentences.push(exposed ? `It was shown on ${formatTime(exposed)}.` : 'It was never shown, so the visitor is not counted.');
  if (!conversion) sentences.push('There has been no conversion.');
  else sentences.push(`The conversion came on ${formatTime(conversion.converted_at)} and ${conversion.credited ? 'is counted' : 'is not counted: it came without an exposure, or after the window'}.`);
  return sentences;
}

/** The steps of the draw: [{title, text}]. Empty where the version is missing or nothing could be drawn. */
export function proofSteps({version, replay}) {
  if (!replay || !PATHS[replay.path]) return [];
  return [
    {
      title: 'What was known',
      text: `The draw is from what was known at ${versionTime(version)} (version ${version})${replay.path === 'WEIGHTS' ? '' : LIKELY}. `
        + 'Its numbers follow from the visitor’s id and a secret of the experiment, so they are the same each time.',
    },
    ...coin(replay),
    ...PATHS[replay.path](replay),
  ];
}

// The floor's coin comes first wherever there is one.
function coin({floor_coin: fell, floor_mass: mass, path}) {
  if (!Number.isFinite(fell) || !Number.isFinite(mass)) return [];
  const small = path === 'FLOOR';
  return [{
    title: 'The floor’s coin',
    text: `${formatPercent(mass)} of new visitors are spread over all variants alike, so that none is ever forgotten. `
      + `This visitor’s number is ${exact(fell)}: ${small ? 'less than' : 'not less than'} ${exact(mass)}, `
      + `so ${small ? 'this was one of them' : 'what was known decided'}.`,
  }];
}

const drawn = ({winner, variants}) => variants.find((one) => one.variant.key === winner?.key)?.drawn_rate;
const largest = ({variants}) => variants
  .filter((one) => Number.isFinite(one.drawn_odds))
  .reduce((best, one) => (best && best.drawn_odds >= one.drawn_odds ? best : one), null);

const PATHS = {
  WEIGHTS: ({winner, choice}) => [{
    title: 'The weights',
    text: `The experiment has fixed shares. They lie side by side from 0 to 1; this visitor’s number, ${exact(choice)}, falls into the share of ${quoted(winner)}.`,
  }],
  FLOOR: ({winner, choice}) => [{
    title: 'All alike',
    text: `The variants get equal parts from 0 to 1; this visitor’s second number, ${exact(choice)}, falls into the part of ${quoted(winner)}.`,
  }],
  LARGEST_DRAW: (replay) => [{
    title: 'A rate for each variant',
    text: `For each variant one rate was drawn from what was likely. The largest, ${formatPercent(drawn(replay))}, is that of ${quoted(replay.winner)}.`,
  }],
  TOP_TWO_LEADER: (replay) => [{
    title: 'A rate for each variant',
    text: `For each variant one rate was drawn from what was likely. The largest, ${formatPercent(drawn(replay))}, is that of ${quoted(replay.winner)}.`,
  }, {
    title: 'The leader, or a challenger',
    text: `Top-two gives half of the visitors a challenger. This visitor’s number, ${exact(replay.leader_coin)}, is less than 0.5: the leader, ${quoted(replay.winner)}, was given.`,
  }],
  TOP_TWO_CHALLENGER: (replay) => [{
    title: 'A rate for each variant',
    text: `For each variant one rate was drawn from what was likely. The largest, ${formatPercent(largest(replay)?.drawn_rate)}, is that of ${quoted(largest(replay)?.variant)}.`,
  }, {
    title: 'The leader, or a challenger',
    text: `Top-two gives half of the visitors a challenger. This visitor’s number, ${exact(replay.leader_coin)}, is not less than 0.5: a challenger was given.`,
  }, {
    title: 'Which challenger',
    text: `The others were weighed by their probability to be the best; the number ${exact(replay.choice)} falls to ${quoted(replay.winner)}.`,
  }],
};

/** Versions are numbered by the moment they were made, in unix milliseconds. */
export function versionTime(version) {
  return version > 0 && version < 8.64e15 ? formatTime(new Date(version).toISOString()) : 'an unknown moment';
}

/** What an error of the lookup means for who asked. */
export function lookupProblem(error, experiment) {
  if (error.code !== 'ASSIGNMENT_NOT_FOUND') return null;
  if (experiment.rows_retire_time) return `The rows of this experiment’s visitors have been deleted since ${formatTime(experiment.rows_retire_time)}, long after it was archived: single visitors can’t be looked up any more.`;
  return 'No visitor with this id is on record here. Ids must be just as the page sends them, upper and lower case included. Someone who came a moment ago appears within seconds; someone who was shown a variant unrecorded (a paused experiment, a crawler, outside the traffic share) never does.';
}
