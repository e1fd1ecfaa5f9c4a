// The keys by which services call: for administrators.
import {confirmAction} from '../ui/confirm.js';
import {h, replace} from '../core/dom.js';
import {field} from '../ui/form.js';
import {formatAgo, formatState, formatTime} from '../core/format.js';
import {errorNotice} from '../ui/notice.js';
import {pagedTable} from '../ui/paged_table.js';
import {secretOnce} from '../ui/secret_once.js';
import {stateBadge} from '../ui/state_badge.js';
import {onSubmit} from '../ui/submit.js';
import {administratorsOnly} from './administrators_only.js';

const SCOPES = [
  ['READ', 'Read', 'Experiments, analytics and lookups: what a viewer reads.'],
  ['WRITE', 'Write', 'Creates, changes and ends experiments, and reads: what an editor does.'],
  ['ASSIGN', 'Assign', 'Assigns, exposes and converts visitors over gRPC, and evaluates flags for OpenFeature.'],
];
const LIFETIMES = [['', 'Never'], ['30', 'In 30 days'], ['90', 'In 90 days'], ['365', 'In a year']];
const DAY_MS = 86400000;

export function keysPage(context) {
  const {api, root, signal, announce} = context;
  document.title = 'API keys · MAB';
  if (administratorsOnly(context, 'API keys')) return;
  const problem = h('div');
  const secret = h('div');
  const {results, reload} = pagedTable({
    api, signal, announce,
    path: '/api/keys',
    entries: 'keys',
    columns: ['Name', 'Secret', 'Scopes', 'Last use', 'Expires', 'State', 'Actions'],
    row: (key, now) => row(key, now, revoke),
    empty: () => h('p', {class: 'empty'}, 'No key yet. A service of yours that calls the API needs one.'),
    inputs: {},
  });

  function show({key, secret: text}) {
    const shown = secretOnce({
      title: `Secret of ${key.name}`,
      text: 'Put it where your service keeps its secrets. It is kept here as a hash alone, and is shown this once.',
      label: 'Secret',
      secret: text,
      details: h('p', {class: 'faint'}, 'It is sent as ', h('code', null, 'Authorization: Bearer mab_…'), ', over JSON and gRPC.'),
      announce,
    });
    replace(secret, shown.element);
    shown.focus();
    reload();
  }

  async function revoke(key) {
    const text = 'Its next call over JSON is refused; the assignment service refuses it within seconds, or once the admin service is back. This can’t be undone: services that still use it need another key.';
    if (!(await confirmAction({title: `Revoke ${key.name}?`, text, action: 'Revoke', signal}))) return;
    try {
      problem.replaceChildren();
      await api.call('POST', `/api/keys/${key.id}:revoke`, {});
      if (signal.aborted) return;
      announce(`${key.name} is revoked`);
      reload();
    } catch (error) {
      if (!signal.aborted) replace(problem, errorNotice(error));
    }
  }

  root.append(
    h('h1', null, 'API keys'),
    h('p', null, 'For services. No key does what only an administrator may. Every change is in the audit log.'),
    problem, secret, createForm({api, announce, created: show}), results);
}

function createForm({api, announce, created}) {
  const name = field({
    label: 'Name', path: 'name', hint: 'Of the service that uses it.',
    control: h('input', {maxlength: 100, autocomplete: 'off', spellcheck: 'false'}),
  });
  const expiry = field({
    label: 'Expires', path: 'expire_time',
    control: h('select', null, LIFETIMES.map(([value, label]) => h('option', {value}, label))),
  });
  const scopes = scopeBoxes();
  const publishable = choiceBox('publishable', 'Visitors can read it',
    'For a key in a page or an app, with the scope Assign alone. Who asks with it is looked at as every visitor is. Any other key is a server’s: it may ask for many visitors at once and is not taken for a machine.');
  const bulk = choiceBox('bulk_exposes', 'Bulk evaluation counts as shown',
    'For OpenFeature’s web clients as they are: they evaluate every flag at once and never say which one they show, so without this nobody who uses them is counted.');
  const problem = h('div');
  const button = h('button', {class: 'button button-primary', type: 'submit'}, 'Create key');
  const send = async () => {
    const days = Number(expiry.control.value);
    const answer = await api.call('POST', '/api/keys', {
      name: name.control.value,
      scopes: scopes.value(),
      ...(publishable.control.checked && {publishable: true}),
      ...(bulk.control.checked && {bulk_exposes: true}),
      ...(days > 0 && {expire_time: new Date(Date.now() + days * DAY_MS).toISOString()}),
    });
    announce(`${answer.key.name} is created`);
    name.control.value = '';
    scopes.clear();
    publishable.control.checked = false;
    bulk.control.checked = false;
    created(answer);
  };
  return h('form', {class: 'card', 'aria-label': 'Create a key', novalidate: true, onsubmit: onSubmit({fields: [name, scopes, publishable, bulk, expiry], problem, button, send})},
    h('h2', null, 'Create a key'),
    problem,
    h('div', {class: 'columns'}, name.element, expiry.element),
    scopes.element, publishable.element, bulk.element,
    h('div', {class: 'actions'}, button));
}

// A setting of the key that is on or off, as a field of the form.
function choiceBox(path, label, text) {
  const control = h('input', {type: 'checkbox', id: path, 'aria-describedby': `${path}-text ${path}-error`});
  const error = h('p', {class: 'field-error', id: `${path}-error`, hidden: true});
  const setError = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
  control.addEventListener('change', () => setError(''));
  const element = h('div', {class: 'choice'}, control,
    h('div', null, h('label', {for: path}, label), h('p', {class: 'hint', id: `${path}-text`}, text), error));
  return {element, control, setError, path};
}

// The scopes as one field of the form: a box and a sentence each.
function scopeBoxes() {
  const boxes = SCOPES.map(([value]) => h('input', {type: 'checkbox', value, id: `scope-${value}`, 'aria-describedby': `scope-${value}-text scopes-error`}));
  const error = h('p', {class: 'field-error', id: 'scopes-error', hidden: true});
  const setError = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
  const element = h('fieldset', null,
    h('legend', null, 'Scopes'),
    SCOPES.map(([value, label, text], index) => h('div', {class: 'choice'},
      boxes[index],
      h('div', null, h('label', {for: `scope-${value}`}, label), h('p', {class: 'hint', id: `scope-${value}-text`}, text)))),
    error);
  element.addEventListener('change', () => setError(''));
  return {
    element, setError, control: boxes[0], path: 'scopes',
    value: () => boxes.filter((box) => box.checked).map((box) => box.value),
    clear: () => boxes.forEach((box) => (box.checked = false)),
  };
}

function row(key, now, revoke) {
  return h('tr', null,
    h('th', {scope: 'row'}, key.name, h('div', {class: 'faint'}, `by ${key.created_by || '–'}, ${formatAgo(key.create_time, now)}`)),
    h('td', {class: 'mono'}, `${key.hint}…`),
    h('td', null, key.scopes.map(formatState).join(', '),
      key.publishable && h('div', {class: 'faint'}, 'visitors can read it'), key.bulk_exposes && h('div', {class: 'faint'}, 'bulk counts')),
    h('td', {title: key.last_use_time}, key.last_use_time ? formatAgo(key.last_use_time, now) : 'never'),
    h('td', null, key.expire_time ? formatTime(key.expire_time) : 'never'),
    h('td', null, stateBadge(key.state)),
    h('td', null, key.state === 'ACTIVE'
      ? h('button', {class: 'button', type: 'button', 'aria-label': `Revoke: ${key.name}`, onclick: () => revoke(key)}, 'Revoke')
      : '–'));
}
