// What the parts of the system are, and how they are, in an operator's words.
import {formatCount, formatDuration, formatShortCount} from '../core/format.js';

const ADMIN_AWAY = 'Nobody can sign in or change anything, and the weights stay as they are. Visitors are served. Look at the log of mab-admin.';

/** [check's name, title, what it says while all is well (check, report), what is to be done otherwise (check, report)], in order. */
const PARTS = [
  ['assignment', 'Assignment service',
    () => 'Answers which variant a visitor sees, from memory.',
    () => 'Visitors get no variant, so pages show what they always did. Look at the log of mab-assignment.'],
  ['snapshot', 'Weights',
    ({age_seconds: age}) => `Visitors are served by weights that were confirmed ${formatDuration(age)} ago.`,
    ({age_seconds: age, status}) => (status === 'down'
      ? 'The assignment service has no weights yet, so it serves nobody. It gets them from the admin service.'
      : `The weights that visitors are served by were last confirmed ${formatDuration(age)} ago: the admin service does not reach the assignment service. Visitors are served by the last ones.`)],
  ['experiments', 'Experiments',
    ({running, version_age_seconds: age}, {experiments}) =>
      `${counted(running, 'experiment')} running${running > 0 && Number.isFinite(age) ? `; the newest weights were made ${formatDuration(age)} ago` : ''}.${others(experiments)}`,
    () => 'The assignment service does not say which experiments it serves.'],
  ['journal', 'Journal',
    ({lag_events: lag, lag_seconds: age, bytes}) => `${lag > 0 ? `${events(lag)} safe on the disk and on the way into PostgreSQL${oldest(age)}` : 'Everything is in PostgreSQL'}. It takes ${formatBytes(bytes)}.`,
    ({lag_events: lag, lag_seconds: age, status}) => (status === 'down'
      ? 'The disk of the journal takes nothing more: new visitors and conversions are refused with 503, so that none is lost. Make room, or look at the disk.'
      : `${events(lag)} safe on the disk, and PostgreSQL does not take them${oldest(age)}. Nothing is lost; numbers lag behind. Look at the database, and at the room on the disk.`)],
  ['sticky_map', 'Known visitors',
    ({entries}) => `${formatShortCount(entries)} assignments are in memory, so that everybody keeps his variant.`,
    ({entries}) => `${formatShortCount(entries)} assignments are in memory so far. Others are read from PostgreSQL when their visitors come, which takes longer.`],
  ['admin', 'Admin service',
    () => 'Keeps experiments and accounts, and learns from what visitors do.',
    () => ADMIN_AWAY],
  ['refresher', 'Learning',
    ({age_seconds: age}) => `The posteriors were computed ${formatDuration(age)} ago.`,
    ({age_seconds: age}) => `The posteriors were last computed ${formatDuration(age)} ago, so weights do not follow visitors. Look at the log of mab-admin, and at the database.`],
  ['database', 'PostgreSQL',
    ({latency_ms: latency}) => `Answers within ${formatMilliseconds(latency)}.`,
    () => 'PostgreSQL does not answer. Visitors are served and what they do is kept in the journal; signing in, changes and reports wait until it is back.'],
  ['system', 'Gateway',
    () => 'Speaks with browsers and pages.',
    () => 'The gateway is in difficulties. Look at its log.'],
];

/** [{name, title, status, text, details}] of a report of GET /api/system; parts that it does not have are left out. */
export function partsOf(report) {
  return PARTS.filter(([name]) => report.checks[name]).map(([name, title, well, otherwise]) => {
    const check = report.checks[name];
    const status = check.status ?? 'ok';
    return {name, title, status, text: (status === 'ok' ? well : otherwise)(check, report), details: detailsOf(name, check, report)};
  });
}

/** [[label, text]]: measurements of a process. */
function detailsOf(name, check, report) {
  const of = name === 'system' ? {version: report.version, uptime_seconds: report.uptime_seconds, ...check} : check;
  return [
    of.version && ['Version', of.version],
    Number.isFinite(of.uptime_seconds) && ['Up for', formatDuration(of.uptime_seconds)],
    Number.isFinite(of.memory_mb) && ['Memory', `${formatCount(of.memory_mb)} MiB`],
    name !== 'database' && Number.isFinite(of.latency_ms) && ['Answers within', formatMilliseconds(of.latency_ms)],
    Number.isFinite(of.load) && ['Load of its machine', of.load.toFixed(2)],
  ].filter(Boolean);
}

/** [word, sentence] for the whole. */
export function headline(status) {
  return {
    ok: ['All is well', 'Visitors are served, what they do is kept, and weights follow them.'],
    degraded: ['Visitors are served', 'Something else needs a look: see below.'],
    down: ['Visitors are not served', 'Pages show what they always did. See below what is to be done.'],
  }[status] ?? ['Not known', 'The system does not say how it is.'];
}

function events(count) {
  return `${counted(count, 'event')} ${count === 1 ? 'is' : 'are'}`;
}

function counted(count, name) {
  return `${count === 1 ? 'One' : formatShortCount(count)} ${name}${count === 1 ? '' : 's'}`;
}

// What there is beside the running ones, where that is known.
function others(experiments) {
  const there = ['paused', 'draft', 'completed', 'archived'].filter((state) => experiments?.[state] > 0);
  return there.length > 0 ? ` Besides: ${there.map((state) => `${formatShortCount(experiments[state])} ${state}`).join(', ')}.` : '';
}

function oldest(seconds) {
  return seconds > 0 ? `, the oldest for ${formatDuration(seconds)}` : '';
}

function formatMilliseconds(milliseconds) {
  if (!Number.isFinite(milliseconds)) return '–';
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${formatCount(milliseconds)} ms`;
}

function formatBytes(bytes) {
  if (!Number.isFinite(bytes)) return '–';
  if (bytes < 1024) return `${formatCount(bytes)} bytes`;
  if (bytes < 1024 * 1024) return `${formatCount(bytes / 1024)} KiB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
