// Scales with round numbers at their ends, which stay as they are while the data move a little.

const LIFT_MAX = 20;
const STEPS = [1, 2, 2.5, 5, 10];

/** A scale over lo … hi with about `count` steps of a round size: {min, max, step, ticks}. */
export function niceScale(lo, hi, count = 4) {
  const span = hi - lo;
  if (!(span > 0) || !Number.isFinite(span)) return niceScale(Number.isFinite(lo) ? lo : 0, (Number.isFinite(lo) ? lo : 0) + 1, count);
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = STEPS.map((factor) => factor * power).find((size) => span / size <= count + 1e-6) ?? 10 * power;
  const first = Math.floor(lo / step + 1e-9);
  const last = Math.ceil(hi / step - 1e-9);
  const ticks = Array.from({length: last - first + 1}, (_, index) => tidy((first + index) * step));
  return {min: ticks[0], max: ticks.at(-1), step, ticks};
}

// 0.30000000000000004 -> 0.3
const tidy = (value) => Number(value.toPrecision(12));

/** `previous` while lo … hi lie within it and take a good part of it; a new scale otherwise. previous may be null. */
export function stickyScale(previous, lo, hi, count = 4) {
  const fits = previous !== null && lo >= previous.min && hi <= previous.max;
  return fits && hi - lo >= 0.4 * (previous.max - previous.min) ? previous : niceScale(lo, hi, count);
}

/** Where `value` lies on the scale: 0 to 1, and at the ends where it lies beyond them. */
export function position(scale, value) {
  return Math.min(1, Math.max(0, (value - scale.min) / (scale.max - scale.min)));
}

/** A rate at a tick, with just the digits that its scale's step needs: "4.5 %". */
export function formatTick(value, step) {
  const percent = 100 * step;
  let digits = 0;
  while (digits < 8 && Math.abs(percent - Number(percent.toFixed(digits))) > 1e-9 * percent) digits++;
  return `${(100 * value).toFixed(digits)} %`.replace('-', '−');
}

/**
 * The rates that bars and curves of `rows` (of the analytics) share. An interval that is much wider than the rates themselves
 * (a variant that hardly anybody has seen) does not squeeze the others: it leaves the scale on the right.
 */
export function rateScale(previous, rows) {
  const used = rows.filter((row) => !row.variant.disabled);
  const counted = used.length > 0 ? used : rows;
  const highest = Math.max(...counted.map((row) => row.posterior.mean));
  const lo = Math.min(...counted.map((row) => row.credible_interval.lower));
  const hi = Math.min(Math.max(...counted.map((row) => row.credible_interval.upper)), 2.5 * highest, 1);
  const margin = 0.05 * (hi - lo);
  return stickyScale(previous, Math.max(0, lo - margin), Math.min(1, hi + margin), 6);
}

/** The same for lifts: around 0, which is where the control is. None is below −100 %. null where there is none. */
export function liftScale(previous, rows) {
  const lifts = rows.filter((row) => row.versus_control && !row.variant.disabled).map((row) => row.versus_control.lift);
  if (lifts.length === 0) return null;
  const farthest = Math.max(...lifts.map(({lower, upper}) => Math.max(Math.abs(lower), Math.abs(upper))));
  const typical = Math.max(...lifts.map(({median}) => Math.abs(median)));
  const reach = Math.max(0.01, Math.min(farthest, Math.max(3 * typical, 0.3), LIFT_MAX));
  if (previous && reach <= previous.max && reach >= 0.4 * previous.max) return previous;
  const {max, step} = niceScale(0, reach, 3);
  const min = -Math.min(1, max);
  return {min, max, step, ticks: [min, 0, max]};
}
