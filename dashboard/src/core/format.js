// Numbers and times for people. Every function answers a string for any input: a missing number is a dash.

const MISSING = '–';
const PERCENT = '\u00a0%'; // no line breaks before it
const count = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

export function formatCount(value) {
  return Number.isFinite(value) ? count.format(value) : MISSING;
}

/** At most so many characters (of people's counting: an emoji is one), with … where something was cut. */
export function clip(text, most) {
  const characters = [...new Intl.Segmenter().segment(text)];
  return characters.length > most ? `${characters.slice(0, most - 1).map(({segment}) => segment).join('')}…` : text;
}

const short = new Intl.NumberFormat('en', {notation: 'compact', maximumSignificantDigits: 3});

/** 9,870 -> "9,870"; 1234567 -> "1.23 M". */
export function formatShortCount(value) {
  if (!Number.isFinite(value)) return MISSING;
  return Math.abs(value) < 10000 ? count.format(value) : short.format(value).replace(/([KMBT])$/, '\u00a0$1').replace('K', 'k');
}

/** All digits that matter of a double, for a hover or a table of raw numbers. */
export function formatExact(value) {
  return Number.isFinite(value) ? String(value) : MISSING;
}

/** A number with its sign: 0.1499 -> "+15.0 %". */
export function formatSignedPercent(value, digits = 1) {
  if (!Number.isFinite(value)) return MISSING;
  const text = (100 * Math.abs(value)).toFixed(digits);
  const sign = Number(text) === 0 ? '±' : value < 0 ? '−' : '+';
  return `${sign}${text}${PERCENT}`;
}

/** A number of conversions that were gained, with its sign: "+1,204", "−0.4". */
export function formatSignedCount(value) {
  if (!Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  const text = size < 10 ? size.toFixed(1) : formatShortCount(size);
  const sign = Number(text) === 0 ? '±' : value < 0 ? '−' : '+';
  return `${sign}${text}`;
}

/** A length of time in two units at most: 95 -> "1 min 35 s", 604800 -> "7 d". */
export function formatDuration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return MISSING;
  if (seconds < 1) return seconds === 0 ? '0 s' : `${Math.max(1, Math.round(1000 * seconds))} ms`;
  let left = Math.round(seconds);
  const parts = [];
  for (const [unit, length] of [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]]) {
    const whole = Math.floor(left / length);
    left -= whole * length;
    if (whole > 0) parts.push(`${whole} ${unit}`);
    if (parts.length > 0 && (parts.length === 2 || whole === 0)) break;
  }
  return parts.join(' ');
}

/** 0.04631 -> "4.63 %", with `digits` after the point. */
export function formatPercent(value, digits = 2) {
  return Number.isFinite(value) ? `${(100 * value).toFixed(digits)}${PERCENT}` : MISSING;
}

/**
 * A probability. Neither 0 nor 1 is ever shown for what is only close to it.
 */
export function formatProbability(value) {
  if (!Number.isFinite(value)) return MISSING;
  if (value > 0 && value < 0.001) return `< 0.1${PERCENT}`;
  if (value < 1 && value > 0.999) return `> 99.9${PERCENT}`;
  return formatPercent(value, 1);
}

/** A loss in conversion rate, in percentage points: 0.00696 -> "0.696 pp". */
export function formatLoss(value) {
  if (!Number.isFinite(value)) return MISSING;
  const points = 100 * value;
  if (points > 0 && points < 0.001) return '< 0.001 pp';
  return `${points.toFixed(3)} pp`;
}

const UNITS = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', {numeric: 'auto', style: 'short'});

/** An RFC 3339 time as "3 hr. ago", seen from `now` (milliseconds). */
export function formatAgo(time, now) {
  const then = Date.parse(time ?? '');
  if (Number.isNaN(then)) return MISSING;
  const seconds = (then - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return 'just now';
}

/** An RFC 3339 time as "24 Nov 2026, 14:05", in the reader's time zone. */
export function formatTime(time) {
  const then = Date.parse(time ?? '');
  return Number.isNaN(then) ? MISSING : new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'short'}).format(then);
}

/** A state as people read it: "RUNNING" -> "Running". */
export function formatState(state) {
  return state ? state[0] + state.slice(1).toLowerCase() : MISSING;
}
