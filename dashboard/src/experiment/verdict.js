// What to do, in the server's own sentence: first and largest on the page, with the button that does it.
import {h, svg} from '../core/dom.js';
import {mayWrite} from '../ui/actions.js';

const LONG = 100; // characters
const TICK = 'M7 12.5l3.5 3.5L17 9';
const FACES = {
  COMPLETE: {word: 'Ready to complete', kind: 'good', path: TICK},
  STOP: {word: 'Stop', kind: 'good', path: 'M8 8h8v8H8z'},
  KEEP_RUNNING: {word: 'Keep running', kind: 'calm', path: 'M9.5 7.5l7 4.5-7 4.5z'},
  CHECK_DATA: {word: 'Check the data', kind: 'bad', path: 'M12 7v6M12 16.5v.5'},
};
const CALM = {
  NOT_STARTED: {word: 'Draft', kind: 'calm', path: 'M8 16l1-3.5L15 6.5l2.5 2.5-6 6z'},
  NO_DATA: {word: 'Waiting for visitors', kind: 'calm', path: 'M12 7.5V12l3 2'},
  PAUSED: {word: 'Paused', kind: 'calm', path: 'M9.5 8v8M14.5 8v8'},
  COMPLETED: {word: 'Completed', kind: 'good', path: TICK},
};

/** The sentence's first part is the finding; the rest says why, and what to do. */
export function splitSentence(text) {
  const end = /\. (?=\S)/.exec(text);
  return end && end.index > 12 ? [text.slice(0, end.index + 1), text.slice(end.index + 2)] : [text, ''];
}

/** complete(): asks, and completes the experiment. toHealth(): shows the checks of the data. */
export function verdict(experiment, analytics, role, {complete, toHealth}) {
  const {recommendation, code, text} = analytics.verdict;
  const waiting = experiment.state === 'PAUSED' ? CALM.PAUSED : CALM.NO_DATA;
  const face = (code === 'NO_DATA' ? waiting : FACES[recommendation]) ?? CALM[code] ?? {word: 'So far', kind: 'calm', path: TICK};
  const [finding, rest] = splitSentence(text);
  const {basis, text: comparison} = analytics.comparison ?? {};
  return h('section', {class: `verdict-card verdict-${face.kind}`, 'aria-label': 'Verdict'},
    svg('svg', {class: 'verdict-icon', viewBox: '0 0 24 24', width: 40, height: 40, 'aria-hidden': 'true'},
      svg('circle', {cx: 12, cy: 12, r: 11}), svg('path', {d: face.path})),
    h('div', {class: 'verdict-body'},
      h('p', {class: 'verdict-word'}, face.word),
      h('p', {class: `verdict-text ${finding.length > LONG ? 'verdict-long' : ''}`}, finding),
      rest && h('p', {class: 'verdict-why'}, rest),
      code === 'NO_DATA' && experiment.state === 'RUNNING' && h('p', {class: 'verdict-why'}, 'Put the code below into your page. The first visitor appears here within seconds.'),
      basis === 'STRATIFIED' && h('p', {class: 'verdict-why faint'}, comparison)),
    button(experiment, analytics, role, {complete, toHealth}));
}

function button(experiment, analytics, role, {complete, toHealth}) {
  const {recommendation} = analytics.verdict;
  if (recommendation === 'CHECK_DATA') return h('button', {class: 'button', type: 'button', onclick: toHealth}, 'Show the checks');
  const completable = mayWrite(role) && ['RUNNING', 'PAUSED'].includes(experiment.state);
  if (recommendation === 'COMPLETE' && completable) {
    const winner = experiment.variants.find((variant) => variant.key === analytics.verdict.winner);
    return h('button', {class: 'button button-primary', type: 'button', onclick: complete}, `Complete with ${winner?.name ?? 'the winner'}`);
  }
  if (recommendation === 'STOP' && completable) return h('button', {class: 'button button-primary', type: 'button', onclick: complete}, 'Choose what stays');
  return null;
}
