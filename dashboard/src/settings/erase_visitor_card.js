// Erasing a visitor from everything that is kept, for administrators: what he may ask for by law.
import {formatTime} from '../core/format.js';
import {h, replace} from '../core/dom.js';
import {confirmAction} from '../ui/confirm.js';
import {field} from '../ui/form.js';
import {errorNotice} from '../ui/notice.js';
import {onSubmit} from '../ui/submit.js';

export function eraseVisitorCard({api, signal, announce}) {
  const user = field({
    label: 'User id', path: 'user_id',
    hint: 'As your pages and services send it.',
    control: h('input', {autocomplete: 'off', spellcheck: 'false', maxlength: 256}),
  });
  const problem = h('div');
  const result = h('div');
  const button = h('button', {class: 'button', type: 'submit'}, 'Erase …');

  async function send() {
    const sure = await confirmAction({
      title: 'Erase this visitor?',
      text: 'His assignments, exposures and conversions are deleted in every experiment. Totals stay, since they name nobody. This can’t be undone.',
      action: 'Erase',
      signal,
    });
    if (!sure) return;
    const erasure = await api.call('POST', '/api/visitors:erase', {user_id: user.control.value});
    user.control.value = '';
    show(erasure);
    announce('The visitor is erased');
  }

  async function look(id) {
    try {
      const erasure = await api.call('GET', `/api/visitors/erasures/${encodeURIComponent(id)}`);
      if (!signal.aborted) show(erasure);
    } catch (error) {
      if (!signal.aborted) replace(problem, errorNotice(error));
    }
  }

  function show(erasure) {
    const id = erasure.erasure_id;
    replace(result, h('div', {class: 'notice notice-good'},
      h('p', null, `Erased ${formatTime(erasure.erased_at)}: ${erasure.assignments} ${erasure.assignments === 1 ? 'assignment' : 'assignments'}. ${stateOf(erasure)}`),
      h('p', null, 'Erasure ', h('code', null, id), ' says nothing of the visitor: keep it for your records.'),
      erasure.state === 'PENDING' && h('button', {class: 'button', type: 'button', onclick: () => look(id)}, 'Look again')));
  }

  return h('section', {class: 'card', 'aria-labelledby': 'erase-title'},
    h('h2', {id: 'erase-title'}, 'Erase a visitor'),
    problem, result,
    h('form', {novalidate: true, onsubmit: onSubmit({fields: [user], problem, button, send})},
      user.element,
      h('div', {class: 'actions'}, button)));
}

function stateOf({state, clear_by: clearBy, cleared_at: clearedAt}) {
  if (state === 'CLEAR') return `The journal is clear of him since ${formatTime(clearedAt)}.`;
  if (state === 'JOURNAL_SET_ASIDE') return 'The journal that had him was set aside by an operator, who can say whether it is gone.';
  return `The journal is clear of him by ${formatTime(clearBy)} at the latest.`;
}
