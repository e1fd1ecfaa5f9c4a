// How the system is, in an operator's words: live.
import {formatShortCount} from '../core/format.js';
import {h, update} from '../core/dom.js';
import {poll} from '../core/poll.js';
import {headline, partsOf} from '../system/parts.js';
import {errorNotice} from '../ui/notice.js';
import {number} from '../ui/number.js';

const MARKS = {ok: '✓', degraded: '!', down: '✕'};
const WORDS = {ok: 'OK', degraded: 'Degraded', down: 'Down'};

export function systemPage({api, root, signal, announce}) {
  document.title = 'System · MAB';
  const problem = h('div');
  const content = h('div', null, h('p', {class: 'faint loading'}, 'Loading …'));
  let announced = '';
  root.append(h('h1', null, 'System'), problem, content);

  function draw(report) {
    update(problem);
    update(content, whole(report), rates(report.traffic), h('ul', {class: 'parts'}, partsOf(report).map(part)));
    const [title] = headline(report.status);
    if (title !== announced) announce(title);
    announced = title;
  }

  poll({
    signal,
    everyMs: 2000,
    load: async () => {
      try {
        const report = await read(api);
        if (!signal.aborted) draw(report);
      } catch (error) {
        if (!signal.aborted) update(problem, errorNotice(error));
        throw error;
      }
    },
  });
}

// Where the admin service or PostgreSQL is away, nobody can be told apart from anybody: what everybody may know is left.
async function read(api) {
  if (!api.signedIn) return api.health();
  try {
    return await api.call('GET', '/api/system');
  } catch (error) {
    if (error.status !== 503 && error.status !== 504) throw error;
    return api.health();
  }
}

function whole({status}) {
  const [title, text] = headline(status);
  return h('section', {class: `whole whole-${status}`, 'aria-label': 'State of the system'},
    mark(status),
    h('div', null, h('h2', null, title), h('p', null, text)));
}

function mark(status) {
  return h('span', {class: `mark mark-${status}`, 'aria-hidden': 'true'}, MARKS[status] ?? '?');
}

function rates(traffic) {
  if (!traffic) return null;
  const tile = (label, value) => h('div', {class: 'tile'}, h('dt', null, label), h('dd', null, number(value, formatRate), h('span', {class: 'unit'}, ' / s')));
  return h('div', null,
    h('dl', {class: 'tiles'},
      tile('Assignments', traffic.assigns_per_second),
      tile('Exposures', traffic.exposures_per_second),
      tile('Conversions', traffic.conversions_per_second)),
    h('p', {class: 'hint'}, `On average over the last ${traffic.window_seconds} seconds.`));
}

function formatRate(value) {
  return Number.isFinite(value) && value < 10 ? String(Math.round(10 * value) / 10) : formatShortCount(value);
}

function part({name, title, status, text, details}) {
  return h('li', {class: 'card part', 'data-key': name},
    h('div', {class: 'part-head'},
      mark(status), h('h2', null, title), h('span', {class: `badge badge-system-${status}`}, WORDS[status] ?? status)),
    h('p', null, text),
    details.length > 0 && h('dl', {class: 'details'}, details.map(([label, value]) => h('div', null, h('dt', null, label), h('dd', null, value)))));
}
