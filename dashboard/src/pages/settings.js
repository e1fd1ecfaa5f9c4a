// What is one's own: password, sessions, colours; and for administrators, the rights of visitors.
import {h} from '../core/dom.js';
import {formatState} from '../core/format.js';
import {appearanceCard} from '../settings/appearance_card.js';
import {eraseVisitorCard} from '../settings/erase_visitor_card.js';
import {passwordCard} from '../settings/password_card.js';
import {sessionsCard} from '../settings/sessions_card.js';

export function settingsPage(context) {
  const {api, root} = context;
  document.title = 'Settings · MAB';
  root.append(
    h('div', {class: 'medium'},
      h('h1', null, 'Settings'),
      h('p', {class: 'faint'}, `${api.email} · ${formatState(api.role)}`),
      appearanceCard(),
      passwordCard(context),
      sessionsCard(context),
      api.role === 'ADMIN' && eraseVisitorCard(context)));
}
