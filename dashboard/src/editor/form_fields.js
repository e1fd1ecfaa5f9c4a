// The fields of an experiment beside its variants: what the form's text says to the server, and how it reads.
import {equal} from './canonical.js';
import {POLICIES, WINDOW_UNITS} from './form_model.js';

/** "10,000" and "1,234.5": commas, or spaces, between thousands. */
const THOUSANDS = /^[1-9]\d{0,2}(?:[,\s]\d{3})+(?:\.\d+)?$/;

/**
 * The number that a text says; null where it is empty. A comma that parts no thousands is a point. What is no number stays a text, of
 * which the server says what is wrong.
 */
export function numberOf(text) {
  const written = text.trim();
  if (written === '') return null;
  const value = Number(THOUSANDS.test(written) ? written.replace(/[,\s]/g, '') : written.replace(',', '.'));
  return Number.isFinite(value) ? value : written;
}

/** A percentage as a share: "12" -> 0.12. */
export function shareOf(text) {
  const value = numberOf(text);
  return typeof value === 'number' ? Number((value / 100).toPrecision(12)) : value;
}

/** Beta(rate · n, (1 − rate) · n); null without prior knowledge. */
export function priorOf({known, rate, visitors}) {
  if (!known) return null;
  const share = shareOf(rate);
  const count = numberOf(visitors);
  if (typeof share !== 'number' || typeof count !== 'number') return {alpha: 0, beta: 0};
  return {alpha: Number((share * count).toPrecision(12)), beta: Number(((1 - share) * count).toPrecision(12))};
}

function secondsOf({amount, unit}) {
  const value = numberOf(amount);
  const [, length] = WINDOW_UNITS.find(([name]) => name === unit) ?? WINDOW_UNITS[0];
  return typeof value === 'number' ? Number((value * length).toPrecision(12)) : value;
}

export function originsOf(text) {
  return text.split('\n').map((line) => line.trim()).filter(Boolean);
}

const percent = (text) => (text.trim() ? `${text.trim()} %` : 'the default');
const plain = (text) => (text.trim() ? text.trim() : 'the default');
const priorText = ({known, rate, visitors}) => (known ? `a rate of ${rate} % from ${visitors} visitors` : 'no prior knowledge');

/** path: in the API. part: the form's member. valueOf(form's member): for the API, null for the default. textOf(the same): for people. */
export const FIELDS = [
  {path: 'name', part: 'name', label: 'Name', valueOf: (text) => text, textOf: (text) => text},
  {path: 'description', part: 'description', label: 'Description', valueOf: (text) => text, textOf: (text) => text || 'none'},
  {path: 'policy', part: 'policy', label: 'Distribution', valueOf: (text) => text, textOf: (text) => POLICIES.find(([name]) => name === text)?.[1] ?? text},
  {path: 'traffic_share', part: 'share', label: 'Traffic share', valueOf: shareOf, textOf: percent},
  {path: 'conversion_window_seconds', part: 'window', label: 'Conversion window', valueOf: secondsOf, textOf: ({amount, unit}) => `${amount} ${unit}`},
  {path: 'allowed_origins', part: 'origins', label: 'Allowed websites', valueOf: originsOf, textOf: (text) => originsOf(text).join(', ') || 'all'},
  {path: 'floor', part: 'floor', label: 'Smallest share', valueOf: shareOf, textOf: percent},
  {path: 'prior', part: 'prior', label: 'Prior knowledge', valueOf: priorOf, textOf: priorText},
  {path: 'threshold_of_caring', part: 'threshold', label: 'Threshold of caring', valueOf: shareOf, textOf: (text) => (text.trim() ? `${text.trim()} pp` : 'the default')},
  {path: 'minimum_exposures', part: 'minimum', label: 'Visitors before a verdict', valueOf: numberOf, textOf: plain},
  {path: 'burn_in_exposures', part: 'burnIn', label: 'Visitors in equal shares first', valueOf: numberOf, textOf: plain},
];

/** Whether two forms say the same there. */
export function sameField({part, valueOf}, a, b) {
  return equal(a[part], b[part]) || equal(valueOf(a[part]), valueOf(b[part]));
}
