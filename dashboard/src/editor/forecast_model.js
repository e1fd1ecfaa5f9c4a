// The question for the forecast, from the form and what the reader assumes, and its answer in sentences.
import {formatShortCount} from '../core/format.js';
import {numberOf, priorOf, shareOf} from './form_fields.js';
import {POLICIES} from './form_model.js';

export const ASSUMED = {visitors: '1000', rate: '5', lift: '10', days: '90'};

/**
 * The request for POST /api/experiments:forecast. assumed: visitors a day, the present rate in %, the improvement in relative %, and
 * the most days, as typed. One variant is better by that much, the others convert as today. policy: in place of the form's.
 */
export function forecastRequest(form, assumed, policy = form.policy) {
  const variants = form.variants.filter(({disabled}) => !disabled);
  const rate = shareOf(assumed.rate) ?? 0;
  const lift = shareOf(assumed.lift) ?? 0;
  const best = variants.findIndex(({isControl}) => !isControl);
  const better = typeof rate === 'number' && typeof lift === 'number' ? Number((rate * (1 + lift)).toPrecision(12)) : lift;
  const own = policy === form.policy;
  return given({
    rates: variants.map((_, index) => (index === best ? better : rate)),
    visitors_per_day: times(numberOf(assumed.visitors) ?? 0, shareOf(form.share) ?? 1),
    maximum_days: numberOf(assumed.days),
    policy,
    weights: own && policy === 'FIXED' ? variants.map(({weight}) => numberOf(weight) ?? 1) : null,
    floor: shareOf(form.floor),
    burn_in_exposures: numberOf(form.burnIn),
    prior: priorOf(form.prior),
    threshold_of_caring: shareOf(form.threshold),
    minimum_exposures: numberOf(form.minimum),
  });
}

const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
const times = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a * b : a);

/** The policy that the form's is compared with. */
export function otherPolicy(policy) {
  return policy === 'FIXED' ? 'THOMPSON' : 'FIXED';
}

export function policyName(policy) {
  return policy === 'FIXED' ? 'Classic A/B test' : (POLICIES.find(([name]) => name === policy)?.[1] ?? policy);
}

/** 7.27 -> "7 days", 0.4 -> "10 hours". */
export function daysText(days) {
  if (days < 1.5) return counted(Math.max(1, Math.round(24 * days)), 'hour');
  return counted(Math.round(days), 'day');
}

const counted = (count, unit) => `${formatShortCount(count)} ${unit}${count === 1 ? '' : 's'}`;

/** How long it takes, in a sentence. most: the days it may take. */
export function durationSentence({days_to_verdict: {p10, p50, p90}, share_decided: decided}, most) {
  if (p50 === null) {
    return decided === 0
      ? `No verdict within ${daysText(most)}: look for a larger improvement, send more visitors, or raise the threshold of caring.`
      : `Most likely no verdict within ${daysText(most)}: ${outOfTen(decided)} experiments like this get that far.`;
  }
  const half = `Half of all experiments like this have their verdict within ${daysText(p50)}`;
  if (p90 === null) return `${half}; one in ten takes longer than ${daysText(most)}.`;
  return `${half}, nine in ten within ${daysText(p90)}${p10 !== null && p10 < p50 / 3 ? `, and one in ten after ${daysText(p10)} already` : ''}.`;
}

/** What is gained and lost on the way, in a sentence. */
export function worthSentence({gained_over_equal_split: gained, lost_to_best: lost, visitors}) {
  const gain = gained.mean;
  const way = `On the way, with ${formatShortCount(Math.round(visitors))} visitors,`;
  const difference = Math.abs(gain) < 0.5 ? 'as many as' : `${about(Math.abs(gain))} ${gain > 0 ? 'more' : 'fewer'} than`;
  return `${way} it converts ${difference} an equal split would, and ${about(lost.mean)} fewer than if all had seen the best variant.`;
}

function about(conversions) {
  return `about ${formatShortCount(conversions < 10 ? Math.max(0, Number(conversions.toFixed(1))) : Math.round(conversions))}`;
}

function outOfTen(share) {
  const tenths = Math.round(10 * share);
  return tenths < 1 ? 'fewer than one in ten' : `${['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'][tenths]} in ten`;
}

/** Where a violation of the request belongs among what the reader assumes; null: it is about the form. */
export function assumptionOf(field) {
  if (/^rates/.test(field)) return 'rate';
  return {visitors_per_day: 'visitors', maximum_days: 'days'}[field] ?? null;
}
