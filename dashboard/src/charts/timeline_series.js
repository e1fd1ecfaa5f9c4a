// The server's timeline as series for charts and tables: one array a line, nothing added to what it says.

export const SHOWN_MAX = 8;
const ROWS_TIMES_VARIANTS = 6000;
const STEPS = [
  ['1m', 60], ['5m', 300], ['15m', 900], ['30m', 1800], ['1h', 3600], ['3h', 10800], ['6h', 21600], ['12h', 43200], ['1d', 86400], ['7d', 604800],
];
const HOUR = 3600;

/** What can be looked at: [{id, label, seconds}]; seconds null: from the start to the end. Only what is shorter than its life. */
export function ranges(lifeSeconds) {
  const all = [
    {id: 'hour', label: 'Last hour', seconds: HOUR},
    {id: 'day', label: 'Last day', seconds: 24 * HOUR},
    {id: 'week', label: 'Last week', seconds: 7 * 24 * HOUR},
  ];
  return [...all.filter(({seconds}) => seconds < lifeSeconds), {id: 'all', label: 'All', seconds: null}];
}

/** The step that keeps an answer short where there are many variants; '' leaves it to the server. */
export function stepFor(seconds, variants) {
  const rowsMax = Math.min(400, Math.max(40, Math.floor(ROWS_TIMES_VARIANTS / variants)));
  if (rowsMax === 400) return '';
  return (STEPS.find(([, length]) => seconds / length <= rowsMax) ?? STEPS.at(-1))[0];
}

/** Indexes of the variants that charts show: all of a few; of many those likeliest to be the best, and the control. */
export function shownVariants({variants, rows}) {
  const indexes = variants.map((_, index) => index);
  if (variants.length <= SHOWN_MAX + 1) return indexes;
  const last = rows.at(-1)?.variants ?? [];
  const weight = (index) => (last[index]?.probability_best ?? 0) + (last[index]?.allocation ?? 0);
  const best = new Set([...indexes].sort((a, b) => weight(b) - weight(a)).slice(0, SHOWN_MAX));
  return indexes.filter((index) => best.has(index) || variants[index].is_control);
}

/** The key of the variant that was likeliest to be the best in the last row; '' where nothing is known. */
export function leaderOf({variants, rows}) {
  const last = rows.at(-1)?.variants.map((entry) => entry.probability_best ?? -1) ?? [];
  const best = Math.max(...last);
  return best >= 0 ? variants[last.indexOf(best)].key : '';
}

/**
 * {from, times, others, share, rate, lower, upper, best}: when the first row begins, and when each ends, in unix seconds; others:
 * the share of all variants that are not shown (null where all are); the rest by position in `shown`: arrays with a value or null
 * for each time. A rate is null before anybody was shown the variant.
 */
export function seriesOf({rows, as_of: asOf}, shown) {
  const now = Date.parse(asOf);
  const seen = shown.map(() => false);
  const pick = (read) => shown.map((index, position) => rows.map((row) => read(row.variants[index], position)));
  const rate = pick((entry, position) => {
    seen[position] ||= entry.exposures > 0 || entry.cumulative_rate > 0;
    return seen[position] ? entry.cumulative_rate : null;
  });
  const known = (read) => shown.map((index, position) => rows.map((row, at) => (rate[position][at] === null ? null : read(row.variants[index]))));
  return {
    from: Date.parse(rows[0]?.start ?? asOf) / 1000,
    times: rows.map((row) => Math.min(Date.parse(row.end), now) / 1000),
    share: pick((entry) => entry.allocation ?? null),
    others: shown.length < (rows[0]?.variants.length ?? 0) ? rows.map((row) => othersShare(row, shown)) : null,
    rate,
    lower: known((entry) => entry.credible_interval?.lower ?? null),
    upper: known((entry) => entry.credible_interval?.upper ?? null),
    best: pick((entry) => entry.probability_best ?? null),
  };
}

// What those get together that are not shown: the rest of 1. Null where nothing is known.
function othersShare({variants}, shown) {
  const known = shown.map((index) => variants[index].allocation ?? null);
  return known.includes(null) ? null : Math.max(0, 1 - known.reduce((sum, value) => sum + value, 0));
}

/** Shares one upon the other, the first on top: what lies below each upper edge. Null where a share is not known. */
export function stacked(share) {
  const below = share.map((line) => [...line]);
  for (let index = share.length - 2; index >= 0; index--) {
    below[index] = below[index].map((value, at) => (value === null || below[index + 1][at] === null ? null : value + below[index + 1][at]));
  }
  return below;
}

/** The rates that a chart should show: those of the later four fifths, so that the wide intervals of the first hours don't squeeze them. */
export function rateBounds({rate, lower, upper}) {
  const from = Math.floor((rate[0]?.length ?? 0) / 5);
  const late = (lines) => lines.flatMap((line) => line.slice(from)).filter((value) => value !== null);
  const last = (lines) => lines.map((line) => line.findLast((value) => value !== null)).filter((value) => value !== undefined);
  const rates = late(rate);
  if (rates.length === 0) return [0, 1];
  const highest = Math.max(...rates);
  return [
    Math.max(0, Math.min(...rates, ...last(lower))),
    Math.min(1, Math.max(highest, Math.min(Math.max(...last(upper)), 2.5 * highest))),
  ];
}

const WORDS = {
  STARTED: () => 'Started', PAUSED: () => 'Paused', RESUMED: () => 'Resumed', ARCHIVED: () => 'Archived',
  COMPLETED: (name) => (name ? `Completed with ${name}` : 'Completed'),
  VARIANT_DISABLED: (name) => `${name || 'A variant'} disabled`, CHANGED: () => 'Settings changed',
};

/** The changes of state as marks for charts and lists: [{time (unix seconds), text}]. */
export function marksOf({changes, variants}) {
  return (changes ?? []).filter(({time}) => !Number.isNaN(Date.parse(time))).map(({time, kind, variant_key: key}) => {
    const name = variants.find((variant) => variant.key === key)?.name ?? key ?? '';
    return {time: Date.parse(time) / 1000, iso: time, text: (WORDS[kind] ?? WORDS.CHANGED)(name)};
  });
}
