// Who changed what, newest first: for administrators.
import {h, replace} from '../dom.js';
import {formatAgo} from '../format.js';
import {errorNotice} from '../notice.js';

const FILTER_DELAY_MS = 250;
const SUBJECT_TYPES = ['experiment', 'account', 'erasure'];

export function auditPage({api, root, signal, announce}) {
  document.title = 'Audit · MAB';
  const action = h('input', {type: 'search', placeholder: 'Action, such as experiment.start', 'aria-label': 'Action', maxlength: 64});
  const subject = h('select', {'aria-label': 'Subject'},
    h('option', {value: ''}, 'All subjects'),
    SUBJECT_TYPES.map((name) => h('option', {value: name}, name)));
  const rows = h('tbody');
  const table = h('table', {class: 'table'},
    h('thead', null, h('tr', null, ['When', 'Who', 'From', 'Action', 'Subject', 'Change'].map((name) => h('th', {scope: 'col'}, name)))),
    rows);
  const results = h('div', {class: 'results'});
  const more = h('button', {class: 'button', type: 'button', onclick: () => load(nextPage)}, 'Show more');
  let nextPage = '';
  let newest = 0;

  async function load(pageToken) {
    const mine = ++newest;
    const query = new URLSearchParams({page_size: '25'});
    if (pageToken) query.set('page_token', pageToken);
    if (action.value.trim()) query.set('action', action.value.trim());
    if (subject.value) query.set('subject_type', subject.value);
    try {
      const answer = await api.call('GET', `/api/audit?${query}`);
      if (signal.aborted || mine !== newest) return;
      show(answer, Boolean(pageToken));
    } catch (error) {
      if (!signal.aborted && mine === newest) replace(results, errorNotice(error, () => load(pageToken)));
    }
  }

  function show({entries, next_page_token: token}, append) {
    const now = Date.now();
    if (!append) rows.replaceChildren();
    rows.append(...entries.map((entry) => row(entry, now)));
    nextPage = token;
    if (rows.children.length === 0) replace(results, h('p', {class: 'empty'}, 'No entry matches.'));
    else replace(results, h('div', {class: 'scroll'}, table), token && more);
    announce(`${rows.children.length} entries`);
  }

  let timer;
  action.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(''), FILTER_DELAY_MS);
  });
  signal.addEventListener('abort', () => clearTimeout(timer));
  subject.addEventListener('change', () => load(''));

  root.append(h('h1', null, 'Audit'), h('div', {class: 'filters'}, action, subject), results);
  load('');
}

function row(entry, now) {
  return h('tr', null,
    h('td', {title: entry.at}, formatAgo(entry.at, now)),
    h('td', null, entry.account ? entry.account.email || entry.account.id : 'the system'),
    h('td', {class: 'mono'}, entry.address || '–'),
    h('th', {scope: 'row'}, entry.action),
    h('td', null, entry.subject_type, h('div', {class: 'faint mono'}, entry.subject_id)),
    h('td', null, change(entry)));
}

function change({before, after, sides_omitted: omitted}) {
  if (omitted) return h('span', {class: 'faint'}, 'too large to show here');
  if (before === null && after === null) return '–';
  return h('details', null,
    h('summary', null, summary(before, after)),
    [['Before', before], ['After', after]].filter(([, side]) => side !== null).map(([name, side]) =>
      [h('h3', null, name), h('pre', null, JSON.stringify(side, null, 2))]));
}

// What happened to it, in a word; of a change, the names of the fields that differ.
function summary(before, after) {
  if (before === null) return 'created';
  if (after === null) return 'deleted';
  return changedFields(before, after).join(', ') || 'changed';
}

/** The fields of two objects whose values differ, without the times and numbers that every change moves. */
export function changedFields(before, after) {
  const isObject = (side) => typeof side === 'object' && side !== null && !Array.isArray(side);
  if (!isObject(before) || !isObject(after)) return [];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => !['update_time', 'etag', 'revision'].includes(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}
