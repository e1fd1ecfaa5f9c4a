// The numbers of the whole experiment, at a glance.
import {formatDuration, formatPercent, formatProbability, formatSignedCount} from '../core/format.js';
import {h} from '../core/dom.js';
import {number} from '../ui/number.js';

export function tiles(experiment, analytics) {
  const {gain, value_remaining: remaining, delays, verdict, credible_level: level} = analytics;
  const leader = analytics.variants.find((row) => row.variant.key === verdict.leader);
  const over = ['COMPLETED', 'ARCHIVED'].includes(experiment.state);
  const winner = analytics.variants.find((row) => row.variant.key === experiment.winner);
  return h('dl', {class: 'tiles'},
    winner && tile('Winner', winner.variant.name, `best with probability ${formatProbability(winner.probability_best)}`, 'tile-text'),
    tile('Visitors', number(analytics.exposures), 'who were shown a variant'),
    tile('Conversions', number(analytics.conversions), 'credited to what they saw'),
    gain && tile('Gain over an equal split', [number(gain.conversions, formatSignedCount), h('span', {class: 'tile-unit'}, ' conversions')],
      `${formatPercent(level, 0)}: ${formatSignedCount(gain.lower)} to ${formatSignedCount(gain.upper)}`),
    leader && !over && tile('Leader', leader.variant.name, [number(leader.probability_best, formatProbability), ' likely to be the best'], 'tile-text'),
    !over && tile('Value remaining', number(remaining.relative, (value) => formatPercent(value, 1)),
      remaining.relative > 0 ? `at most, by which another could be better (${formatPercent(remaining.quantile, 0)} sure)` : 'no other variant is likely to be better'),
    delays && tile('May still convert', number(delays.pending_exposures), `visitors of the last ${formatDuration(delays.window_seconds)}`));
}

function tile(label, value, note, kind = '') {
  return h('div', {class: `tile ${kind}`, 'data-key': label},
    h('dt', null, label), h('dd', {class: 'tile-value'}, value), h('dd', {class: 'tile-note'}, note));
}
