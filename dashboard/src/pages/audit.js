// Who changed what, newest first: for administrators.
import {h} from '../core/dom.js';
import {formatAgo} from '../core/format.js';
import {pagedTable} from '../ui/paged_table.js';
import {administratorsOnly} from './administrators_only.js';

const SUBJECT_TYPES = ['experiment', 'account', 'api_key', 'erasure', 'setting', 'totals'];

export function auditPage(context) {
  const {api, root, signal, announce} = context;
  document.title = 'Audit · MAB';
  if (administratorsOnly(context, 'Audit')) return;
  const {filters, results} = pagedTable({
    api, signal, announce, row,
    path: '/api/audit',
    entries: 'entries',
    key: (entry) => [entry.at, entry.action, entry.subject_id].join(' '),
    columns: ['When', 'Who', 'From', 'Action', 'Subject', 'Change'],
    empty: () => h('p', {class: 'empty'}, 'No entry matches.'),
    inputs: {
      action: h('input', {type: 'search', placeholder: 'Action, such as experiment.start', 'aria-label': 'Action', maxlength: 64}),
      subject_type: h('select', {'aria-label': 'Subject'},
        h('option', {value: ''}, 'All subjects'),
        SUBJECT_TYPES.map((name) => h('option', {value: name}, name))),
    },
  });
  root.append(h('h1', null, 'Audit'), filters, results);
}

function row(entry, now) {
  return h('tr', null,
    h('td', {title: entry.at}, formatAgo(entry.at, now)),
    h('td', null, who(entry)),
    h('td', {class: 'mono'}, entry.address || '–'),
    h('th', {scope: 'row'}, entry.action),
    h('td', null, entry.subject_type, h('div', {class: 'faint mono'}, entry.subject_id)),
    h('td', null, change(entry)));
}

/** Who made the change: an account, an API key, or neither. */
export function who({account, api_key: key}) {
  if (account) return account.email || account.id;
  if (key) return `API key ${key.name || key.id}`;
  return 'the system';
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
