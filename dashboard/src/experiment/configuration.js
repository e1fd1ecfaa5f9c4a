// How the experiment is set up, in words.
import {formatCount, formatDuration, formatPercent} from '../core/format.js';
import {h} from '../core/dom.js';

const POLICIES = {
  THOMPSON: 'Thompson sampling: each variant is shown as often as it is likely to be the best.',
  TOP_TWO_THOMPSON: 'Top-two Thompson sampling: names the best variant soonest.',
  FIXED: 'Fixed shares: a classic A/B test.',
};

/** [[what, in words]] */
export function settings(experiment) {
  const {policy, floor, traffic_share: share, prior} = experiment;
  return [
    ['Distribution', POLICIES[policy] ?? policy],
    ['Smallest share', policy === 'FIXED' ? 'By the weights of the variants.' : `Every variant gets at least ${percent(floor)} of new visitors.`],
    experiment.burn_in_exposures > 0 && policy !== 'FIXED' && ['At first', `Equal shares until each variant has ${formatCount(experiment.burn_in_exposures)} visitors.`],
    ['Who takes part', share < 1 ? `${percent(share)} of visitors; the others see the control and aren’t recorded.` : 'All visitors.'],
    ['Assumed beforehand', priorText(prior)],
    ['Conversions count', `For ${formatDuration(experiment.conversion_window_seconds)} after a visitor is shown a variant.`],
    ['Does not matter', `A loss of up to ${percent(experiment.threshold_of_caring)} of visitors converting.`],
    ['No verdict before', `Each variant has ${formatCount(experiment.minimum_exposures)} visitors.`],
  ].filter(Boolean);
}

/** Beta(alpha, beta) as a rate from so many visitors. */
export function priorText({alpha, beta}) {
  const visitors = alpha + beta;
  if (alpha === 1 && beta === 1) return 'Nothing: every conversion rate is as likely as another.';
  return `A rate of ${percent(alpha / visitors)}, as if from ${Number(visitors.toPrecision(6)).toLocaleString('en')} visitors.`;
}

// As few digits as say it: 0.05 -> "5 %".
function percent(value) {
  return Number.isFinite(value) ? `${Number((100 * value).toPrecision(4)).toLocaleString('en', {maximumFractionDigits: 6})} %` : formatPercent(value);
}

export function configuration(experiment, open = false) {
  return h('section', {class: 'card', 'aria-label': 'Configuration'},
    h('details', {open},
      h('summary', null, h('h2', null, 'Configuration')),
      h('dl', {class: 'settings'}, settings(experiment).map(([name, text]) => h('div', null, h('dt', null, name), h('dd', null, text))))));
}
