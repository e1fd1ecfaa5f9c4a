// Signing in; and, with the setup link, creating the first administrator.
import {h} from '../dom.js';
import {field, showViolations} from '../form.js';
import {errorNotice} from '../notice.js';

export function signInPage({api, root, go, onSignedIn, returnPath}) {
  const setupToken = location.hash.startsWith('#setup=') ? decodeURIComponent(location.hash.slice(7)) : '';
  document.title = `${setupToken ? 'Set up' : 'Sign in'} · MAB`;

  const email = field({
    label: 'E-mail',
    path: 'email',
    control: h('input', {type: 'email', autocomplete: 'username', required: true, maxlength: 254}),
  });
  const password = field({
    label: 'Password',
    path: 'password',
    hint: setupToken ? 'At least 12 characters. A few words in a row are easy to remember and hard to guess.' : null,
    control: h('input', {type: 'password', autocomplete: setupToken ? 'new-password' : 'current-password', required: true, maxlength: 1024}),
  });
  const fields = [email, password];
  const problem = h('div');
  const submit = h('button', {class: 'button button-primary', type: 'submit'}, setupToken ? 'Create the administrator' : 'Sign in');

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    problem.replaceChildren();
    try {
      if (setupToken) await api.setUp(setupToken, email.control.value, password.control.value);
      else await api.signIn(email.control.value, password.control.value);
      onSignedIn();
      go(setupToken ? '/' : returnPath());
    } catch (error) {
      const left = showViolations(fields, error.violations ?? []);
      if (left.length > 0 || !error.violations?.length) problem.replaceChildren(errorNotice({...error, message: error.message, violations: left}));
    } finally {
      submit.disabled = false;
    }
  }

  root.append(
    h('div', {class: 'narrow'},
      h('h1', null, setupToken ? 'Create the first administrator' : 'Sign in'),
      setupToken && h('p', null, 'This link works once. Further people are invited by an administrator.'),
      problem,
      h('form', {class: 'card', onsubmit: send, novalidate: true}, fields.map((one) => one.element), h('div', {class: 'actions'}, submit))));
  email.control.focus();
}
