// Signing in; with the setup link, creating the first administrator; with the link of an invitation or a reset, setting a
// password.
import {h, replace} from '../core/dom.js';
import {linkOf} from '../core/links.js';
import {field} from '../ui/form.js';
import {onSubmit} from '../ui/submit.js';

const AT_LEAST = 'At least 12 characters. A few words in a row are easy to remember and hard to guess.';

// What brought somebody here: its words, and whether a new password is asked for.
const WAYS = {
  signIn: {title: 'Sign in', heading: 'Sign in', submit: 'Sign in', asksNew: false},
  setup: {
    title: 'Set up', heading: 'Create the first administrator', submit: 'Create the administrator', asksNew: true,
    text: 'This link works once. Further people are invited by an administrator.',
  },
  password: {
    title: 'Set a password', heading: 'Set your password', submit: 'Set the password', asksNew: true,
    text: 'This link works once. It signs you in, and signs you out everywhere else.',
  },
};

export function signInPage(context) {
  let link = linkOf(location.hash);
  // A link that is opened where this page is already shown loads nothing anew.
  addEventListener('hashchange', () => {
    const other = linkOf(location.hash);
    if (!other || (other.kind === link?.kind && other.token === link.token)) return;
    link = other;
    show(context, link);
  }, {signal: context.signal});
  show(context, link);
}

function show({api, root, onSignedIn}, link) {
  const way = link ? WAYS[link.kind] : WAYS.signIn;
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
  const fields = way === WAYS.password ? [password] : [email, password];
  const problem = h('div');
  const submit = h('button', {class: 'button button-primary', type: 'submit'}, way.submit);

  async function send() {
    if (way === WAYS.setup) await api.setUp(link.token, email.control.value, password.control.value);
    else if (way === WAYS.password) await api.setPassword(link.token, password.control.value);
    else await api.signIn(email.control.value, password.control.value);
    onSignedIn({isNew: way.asksNew});
  }

  replace(
    root,
    h('div', {class: 'narrow'},
      h('h1', null, way.heading),
      way.text && h('p', null, way.text),
      problem,
      h('form', {class: 'card', onsubmit: onSubmit({fields, problem, button: submit, send}), novalidate: true}, fields.map((one) => one.element), h('div', {class: 'actions'}, submit))));
  fields[0].control.focus();
}
