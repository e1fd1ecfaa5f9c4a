// Who may sign in, and as what: for administrators.
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

const ROLES = [['VIEWER', 'Viewer'], ['EDITOR', 'Editor'], ['ADMIN', 'Administrator']];
const WHAT_ROLES_DO = 'A viewer reads experiments. An editor creates, changes and ends them too. An administrator manages accounts, keys and visitors’ data as well.';

function roleSelect(attributes, chosen = 'VIEWER') {
  return h('select', attributes, ROLES.map(([value, label]) => h('option', {value, selected: value === chosen}, label)));
}

export function accountsPage(context) {
  const {api, root, signal, announce} = context;
  document.title = 'Accounts · MAB';
  if (administratorsOnly(context, 'Accounts')) return;
  const problem = h('div');
  const secret = h('div');
  const {results, reload} = pagedTable({
    api, signal, announce,
    path: '/api/accounts',
    entries: 'accounts',
    columns: ['E-mail', 'Role', 'State', 'Changed', 'Actions'],
    row: (account, now) => row(account, now, account.id === api.accountId, act),
    empty: () => h('p', {class: 'empty'}, 'No account.'),
    inputs: {},
  });

  function showLink(email, {token, expire_time: expires}) {
    const link = secretOnce({
      title: `Link for ${email}`,
      text: `Hand it over by a way that only ${email} reads: whoever opens it sets the password. It works once, and is shown this once.`,
      label: 'Link',
      secret: `${location.origin}/login#password=${encodeURIComponent(token)}`,
      details: h('p', {class: 'faint'}, `Works until ${formatTime(expires)}.`),
      announce,
    });
    replace(secret, link.element);
    link.focus();
  }

  async function act(account, action) {
    const {email} = account;
    const content = action.content?.(account) ?? null;
    if (!(await confirmAction({title: action.title(email), text: action.text(account), action: action.label, content: content?.element, signal}))) return;
    try {
      problem.replaceChildren();
      const answer = await api.call('POST', `/api/accounts/${account.id}:${action.verb}`, content?.body() ?? {});
      if (signal.aborted) return;
      announce(action.done(email));
      if (answer.token) showLink(email, answer);
      reload();
    } catch (error) {
      if (!signal.aborted) replace(problem, errorNotice(error));
    }
  }

  root.append(
    h('h1', null, 'Accounts'),
    h('p', null, 'Who may sign in. Every change is in the audit log.'),
    problem, secret,
    inviteForm({api, announce, invited: (email, answer) => {
      showLink(email, answer);
      reload();
    }}),
    results);
}

function inviteForm({api, announce, invited}) {
  const email = field({label: 'E-mail', path: 'email', control: h('input', {type: 'email', autocomplete: 'off', maxlength: 254})});
  const role = field({label: 'Role', path: 'role', control: roleSelect({})});
  const problem = h('div');
  const button = h('button', {class: 'button button-primary', type: 'submit'}, 'Invite');
  const send = async () => {
    const answer = await api.call('POST', '/api/accounts', {email: email.control.value, role: role.control.value});
    announce(`${answer.account.email} is invited`);
    email.control.value = '';
    invited(answer.account.email, answer);
  };
  return h('form', {class: 'card', 'aria-label': 'Invite somebody', novalidate: true, onsubmit: onSubmit({fields: [email, role], problem, button, send})},
    h('h2', null, 'Invite somebody'),
    problem,
    h('div', {class: 'columns'}, email.element, role.element),
    h('p', {class: 'hint'}, `${WHAT_ROLES_DO} You get a link to hand over, by which the password is set.`),
    h('div', {class: 'actions'}, button));
}

const CHANGE_ROLE = {
  verb: 'changeRole',
  label: 'Change role',
  title: (email) => `Change the role of ${email}?`,
  text: () => 'It takes effect with the next call, in every open session.',
  done: (email) => `The role of ${email} is changed`,
  content(account) {
    const select = roleSelect({id: 'new-role'}, account.role);
    return {
      element: h('div', {class: 'field'}, h('label', {for: 'new-role'}, 'New role'), select, h('p', {class: 'hint'}, WHAT_ROLES_DO)),
      body: () => ({role: select.value}),
    };
  },
};
const RESET = {
  verb: 'resetPassword',
  label: 'Reset password',
  title: (email) => `Reset the password of ${email}?`,
  text: ({state}) => state === 'PENDING'
    ? 'The link of before stops working, and you get a new one.'
    : 'The password stops working, and all sessions end at once. You get a link to hand over, by which a new one is set.',
  done: (email) => `${email} needs a new password`,
};
const END_SESSIONS = {
  verb: 'endSessions',
  label: 'Sign out',
  title: (email) => `Sign ${email} out everywhere?`,
  text: () => 'All sessions end at once. Whoever knows the password can sign in again.',
  done: (email) => `${email} is signed out`,
};
const DISABLE = {
  verb: 'disable',
  label: 'Disable',
  title: (email) => `Disable ${email}?`,
  text: () => 'All sessions end at once, and nobody can sign in with the account or use its link. It can be enabled again.',
  done: (email) => `${email} is disabled`,
};
const ENABLE = {
  verb: 'enable',
  label: 'Enable',
  title: (email) => `Enable ${email}?`,
  text: () => 'Whoever has its password can sign in again.',
  done: (email) => `${email} is enabled`,
};

function row(account, now, own, act) {
  const actions = [CHANGE_ROLE, ...(account.state === 'DISABLED' ? [ENABLE] : [END_SESSIONS, RESET, DISABLE])];
  return h('tr', null,
    h('th', {scope: 'row'}, account.email, own && [' ', h('span', {class: 'tag'}, 'you')]),
    h('td', null, ROLES.find(([value]) => value === account.role)?.[1] ?? account.role),
    h('td', null, stateBadge(account.state)),
    h('td', {title: account.update_time}, formatAgo(account.update_time, now)),
    h('td', null, own
      ? h('div', {class: 'row-note faint'}, 'Another administrator can change your account, so that nobody locks himself out. Your password is under “Settings”.')
      : h('div', {class: 'row-actions'}, actions.map((action) =>
        h('button', {class: 'button', type: 'button', 'data-key': action.verb, 'aria-label': `${action.label}: ${account.email}`, onclick: () => act(account, action)}, action.label)))));
}
