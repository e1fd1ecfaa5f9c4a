// A question before something that changes what visitors see, or who may do what.
import {h} from '../core/dom.js';

/**
 * Asks, and resolves to true when the answer is yes. `content` (an element or null) stands between the text (or null) and the
 * buttons. danger: what is lost can't be had again. signal: of the page that asks; once it is left the answer is no.
 */
export function confirmAction({title, text = null, action, content = null, danger = false, signal}) {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const dialog = h('dialog', {class: 'dialog', 'aria-labelledby': 'dialog-title'},
      h('form', {method: 'dialog'},
        h('h2', {id: 'dialog-title'}, title),
        text && h('p', null, text),
        content,
        h('div', {class: 'actions'},
          h('button', {class: 'button', value: 'cancel', formnovalidate: true}, 'Cancel'),
          h('button', {class: `button ${danger ? 'button-danger' : 'button-primary'}`, value: 'yes'}, action))));
    const withdraw = () => dialog.close('cancel');
    signal.addEventListener('abort', withdraw);
    dialog.addEventListener('close', () => {
      signal.removeEventListener('abort', withdraw);
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
