// Whether the numbers can be trusted: every check with a word, and what was not counted.
import {formatCount, formatDuration} from '../core/format.js';
import {h} from '../core/dom.js';

const WORDS = {OK: ['Fine', 'ok', '✓'], WARNING: ['Look', 'warning', '!'], FAILED: ['Failed', 'failed', '✕']};
const RANK = {FAILED: 0, WARNING: 1, OK: 2};
const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

export function health(analytics) {
  const {health: data, delays, not_credited: uncredited} = analytics;
  if (!data) return null;
  const checks = [...data.checks].sort((a, b) => (RANK[a.status] ?? 1) - (RANK[b.status] ?? 1));
  return h('section', {class: 'card health', id: 'health', tabindex: '-1', 'aria-label': 'Health of the data'},
    h('h2', null, 'Health of the data'),
    h('p', {class: `health-sum health-${(WORDS[data.status] ?? WORDS.WARNING)[1]}`}, summary(checks)),
    h('details', {open: data.status !== 'OK', 'data-key': `checks-${data.status}`},
      h('summary', null, 'The checks'),
      h('ul', {class: 'checks'}, checks.map(line))),
    h('ul', {class: 'plain'}, [...delayTexts(delays), ...uncreditedTexts(uncredited)].map((text) => h('li', null, text))));
}

/** One sentence for all checks. */
export function summary(checks) {
  const count = (status) => checks.filter((check) => check.status === status).length;
  const failed = count('FAILED');
  const warned = count('WARNING');
  if (failed + warned === 0) return `All ${checks.length} checks are fine.`;
  const parts = [];
  if (failed > 0) parts.push(`${NUMBERS[failed] ?? failed} failed`);
  if (warned > 0) parts.push(`${NUMBERS[warned] ?? warned} ${warned === 1 ? 'needs' : 'need'} a look`);
  const text = `of ${checks.length} checks ${parts.join(', and ')}.`;
  return text[0].toUpperCase() + text.slice(1);
}

function line(check) {
  const [word, kind, sign] = WORDS[check.status] ?? WORDS.WARNING;
  return h('li', {class: 'check', 'data-key': check.code},
    h('span', {class: `check-word check-${kind}`}, h('span', {'aria-hidden': 'true'}, sign), ` ${word}`), h('span', null, check.text));
}

/** How long conversions take, in sentences. */
export function delayTexts(delays) {
  if (!delays) return [];
  const window = `Conversions count for ${formatDuration(delays.window_seconds)} after a visitor is shown a variant.`;
  if (delays.median_seconds === null || delays.median_seconds === undefined) return [window];
  return [`${window} Half come within ${formatDuration(delays.median_seconds)}, nine in ten within ${formatDuration(delays.ninth_decile_seconds)}.`];
}

/** What was stored and does not count, in a sentence; none where there is nothing. */
export function uncreditedTexts(uncredited) {
  if (!uncredited) return [];
  const {late, never_exposed: unexposed, duplicates} = uncredited;
  const parts = [];
  if (late > 0) parts.push(`${formatCount(late)} came after that`);
  if (unexposed > 0) parts.push(`${formatCount(unexposed)} ${unexposed === 1 ? 'was of a visitor' : 'were of visitors'} who had not been shown a variant`);
  if (duplicates > 0) parts.push(`${formatCount(duplicates)} ${duplicates === 1 ? 'was a repeat' : 'were repeats'}`);
  return parts.length > 0 ? [`Not counted: of the conversions, ${parts.join(', ')}.`] : ['Every conversion that came is counted.'];
}
