// One's own password.
import {h, replace} from '../core/dom.js';
import {field} from '../ui/form.js';
import {onSubmit} from '../ui/submit.js';

/** A form that changes it. */
export function passwordCard({api, announce}) {
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
  return h('section', {class: 'card', 'aria-labelledby': 'password-title'},
    h('h2', {id: 'password-title'}, 'Your password'),
    problem,
    h('form', {'aria-label': 'Your password', novalidate: true, onsubmit: onSubmit({fields, problem, button, send})},
      // For password managers, which want to know whose it is.
      h('input', {type: 'text', name: 'username', autocomplete: 'username', value: api.email, readonly: true, hidden: true}),
      fields.map((one) => one.element),
      h('div', {class: 'actions'}, button)));
}
