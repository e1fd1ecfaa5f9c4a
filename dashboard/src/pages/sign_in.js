// Signing in; with the setup link, creating the first administrator; with the link of an invitation or a reset, setting a
// password.
import {h} from '../core/dom.js';
import {field} from '../ui/form.js';
import {onSubmit} from '../ui/submit.js';

const AT_LEAST = 'At least 12 characters. A few words in a row are easy to remember and hard to guess.';

// What brought somebody here: its words, and whether a new password is asked for.
const WAYS = {
  signIn: {title: 'Sign in', heading: 'Sign in', submit: 'Sign in', asksNew: false},
  setUp: {
    title: 'Set up', heading: 'Create the first administrator', submit: 'Create the administrator', asksNew: true,
    text: 'This link works once. Further people are invited by an administrator.',
  },
  setPassword: {
    title: 'Set a password', heading: 'Set your password', submit: 'Set the password', asksNew: true,
    text: 'This link works once. It signs you in, and signs you out everywhere else.',
  },
};

function tokenOf(prefix) {
  return location.hash.startsWith(prefix) ? decodeURIComponent(location.hash.slice(prefix.length)) : '';
}

export function signInPage({api, root, go, onSignedIn, returnPath}) {
  const setupToken = tokenOf('#setup=');
  const linkToken = tokenOf('#password=');
  const way = setupToken ? WAYS.setUp : linkToken ? WAYS.setPassword : WAYS.signIn;
  document.title = `${way.title} · MAB`;

  const email = field({
    label: 'E-mail',
    path: 'email',
    control: h('input', {type: 'email', autocomplete: 'username', required: true, maxlength: 254}),
  });
  const password = field({
    label: 'Password',
    path: 'password',
    hint: way.asksNew ? AT_LEAST : null,
    control: h('input', {type: 'password', autocomplete: way.asksNew ? 'new-password' : 'current-password', required: true, maxlength: 1024}),
  });
  const fields = way === WAYS.setPassword ? [password] : [email, password];
  const problem = h('div');
  const submit = h('button', {class: 'button button-primary', type: 'submit'}, way.submit);

  async function send() {
    if (way === WAYS.setUp) await api.setUp(setupToken, email.control.value, password.control.value);
    else if (way === WAYS.setPassword) await api.setPassword(linkToken, password.control.value);
    else await api.signIn(email.control.value, password.control.value);
    onSignedIn();
    go(way.asksNew ? '/' : returnPath());
  }

  root.append(
    h('div', {class: 'narrow'},
      h('h1', null, way.heading),
      way.text && h('p', null, way.text),
      problem,
      h('form', {class: 'card', onsubmit: onSubmit({fields, problem, button: submit, send}), novalidate: true}, fields.map((one) => one.element), h('div', {class: 'actions'}, submit))));
  fields[0].control.focus();
}
