// Where somebody is signed in, and signing out there.
import {h} from '../core/dom.js';
import {field} from '../ui/form.js';
import {formatAgo, formatTime} from '../core/format.js';
import {focusRow, updateRows} from '../ui/keep_focus.js';
import {errorNotice} from '../ui/notice.js';
import {attempt} from '../ui/submit.js';
import {table} from '../ui/table.js';

export function sessionsCard({api, signal, announce}) {
  const problem = h('div');
  const list = h('div', {class: 'results', tabindex: '-1', 'aria-busy': 'true'}, h('p', {class: 'faint loading'}, 'Loading …'));
  const password = field({
    label: 'Password, to sign out elsewhere', path: 'current_password',
    control: h('input', {type: 'password', autocomplete: 'current-password', maxlength: 1024}),
  });
  const others = h('button', {class: 'button', type: 'button', onclick: () => end('')}, 'Sign out everywhere else');

  let alone = true;

  async function load() {
    try {
      const {sessions} = await api.call('GET', '/api/auth/sessions');
      if (signal.aborted) return;
      alone = sessions.length < 2;
      others.disabled = alone;
      list.removeAttribute('aria-busy');
      updateRows(list, sessionTable(sessions, end));
    } catch (error) {
      if (signal.aborted) return;
      list.removeAttribute('aria-busy');
      updateRows(list, errorNotice(error, load));
    }
  }

  async function end(id) {
    await attempt({
      fields: [password],
      problem,
      buttons: [...list.querySelectorAll('button'), others],
      send: async () => {
        const {ended} = await api.call('POST', '/api/auth/sessions:end', {current_password: password.control.value, id});
        if (signal.aborted) return;
        password.control.value = '';
        announce(ended === 1 ? 'One session has ended' : `${ended} sessions have ended`);
        await load();
      },
    });
    others.disabled = alone;
    // What was pressed is gone, or has nothing left to end.
    const isLost = document.activeElement === document.body || (alone && document.activeElement === others);
    if (isLost && !signal.aborted) focusRow(list, null);
  }

  load();
  return h('section', {class: 'card', 'aria-labelledby': 'sessions-title'},
    h('h2', {id: 'sessions-title'}, 'Where you are signed in'),
    h('p', {class: 'hint'}, 'A session ends after 30 days without use, and after 90 days in any case. Is one not yours? End it, and change your password.'),
    problem, list,
    h('form', {novalidate: true, onsubmit: (event) => event.preventDefault()},
      h('input', {type: 'text', name: 'username', autocomplete: 'username', value: api.email, readonly: true, hidden: true}),
      password.element,
      h('div', {class: 'actions'}, others)));
}

function sessionTable(sessions, end) {
  const now = Date.now();
  const row = (session) => {
    const from = session.address || 'unknown';
    return h('tr', {'data-key': session.id},
      h('th', {scope: 'row'}, from, session.current && [' ', h('span', {class: 'tag'}, 'here')]),
      h('td', {title: session.last_use_time}, formatAgo(session.last_use_time, now)),
      h('td', {title: session.create_time}, formatTime(session.create_time)),
      h('td', null, session.current
        ? h('span', {class: 'faint'}, 'Use “Sign out”.')
        : h('button', {class: 'button', type: 'button', 'aria-label': `End the session from ${from}`, onclick: () => end(session.id)}, 'End')));
  };
  return table({label: 'Sessions', columns: ['From', 'Last used', 'Signed in', 'Action'], rows: sessions.map(row)});
}
