// One's own password, and where one is signed in: for everybody.
import {h, replace} from '../dom.js';
import {field} from '../form.js';
import {onSubmit} from '../submit.js';
import {sessionsCard} from './sessions.js';

export function passwordPage({api, root, signal, announce}) {
  document.title = 'Your password · MAB';
  const current = field({
    label: 'Current password', path: 'current_password',
    control: h('input', {type: 'password', autocomplete: 'current-password', maxlength: 1024}),
  });
  const replacement = field({
    label: 'New password', path: 'new_password',
    hint: 'At least 12 characters. A few words in a row are easy to remember and hard to guess.',
    control: h('input', {type: 'password', autocomplete: 'new-password', maxlength: 1024}),
  });
  const problem = h('div');
  const button = h('button', {class: 'button button-primary', type: 'submit'}, 'Change the password');
  const fields = [current, replacement];
  const send = async () => {
    await api.call('POST', '/api/auth/password:change', {current_password: current.control.value, new_password: replacement.control.value});
    for (const one of fields) one.control.value = '';
    const done = 'Your password is changed. All your other sessions have ended.';
    replace(problem, h('p', {class: 'notice notice-good'}, done));
    announce(done);
  };
  root.append(
    h('div', {class: 'narrow'},
      h('h1', null, 'Your password'),
      h('p', {class: 'faint'}, api.email),
      problem,
      h('form', {class: 'card', 'aria-label': 'Your password', novalidate: true, onsubmit: onSubmit({fields, problem, button, send})},
        // For password managers, which want to know whose it is.
        h('input', {type: 'text', name: 'username', autocomplete: 'username', value: api.email, readonly: true, hidden: true}),
        fields.map((one) => one.element),
        h('div', {class: 'actions'}, button)),
      sessionsCard({api, signal, announce})));
}
