// What can be done with an experiment in each state, and what each action means for visitors.
import {h} from '../core/dom.js';

const START = {
  verb: 'start',
  label: 'Start',
  text: 'New visitors are assigned from now on. Variants can’t be added or removed any more.',
};
const PAUSE = {
  verb: 'pause',
  label: 'Pause',
  text: 'New visitors see the control and are not recorded. Known visitors keep their variant, and conversions still count.',
};
const RESUME = {verb: 'resume', label: 'Resume', text: 'New visitors are assigned again.'};
const COMPLETE = {
  verb: 'complete',
  label: 'Complete',
  text: 'Everybody sees the winner from now on, and nobody is recorded any more. This can’t be undone.',
  needsWinner: true,
};
const ARCHIVE = {
  verb: 'archive',
  label: 'Archive',
  text: 'Pages and services that still ask for this experiment get an error. Its numbers stay. This can’t be undone.',
};

const BY_STATE = {
  DRAFT: [START],
  RUNNING: [PAUSE, COMPLETE],
  PAUSED: [RESUME, COMPLETE],
  COMPLETED: [ARCHIVE],
  ARCHIVED: [],
};

export function actionsFor(state) {
  return BY_STATE[state] ?? [];
}

/** A choice of the winner among the variants that are served; the leader is chosen already. */
export function winnerChoice(experiment, leaderKey) {
  const select = h('select', {id: 'winner'},
    experiment.variants
      .filter((variant) => !variant.disabled)
      .map((variant) => h('option', {value: variant.key, selected: variant.key === leaderKey}, `${variant.name} (${variant.key})`)));
  const element = h('div', {class: 'field'}, h('label', {for: 'winner'}, 'Winner'), select);
  return {element, value: () => select.value};
}
