// A question before something that changes what visitors see, or who may do what.
import {h} from '../core/dom.js';

/**
 * Asks, and resolves to true when the answer is yes. `content` (an element or null) stands between the text (or null) and the
 * buttons. danger: what is lost can't be had again.
 */
export function confirmAction({title, text = null, action, content = null, danger = false}) {
  return new Promise((resolve) => {
    const dialog = h('dialog', {class: 'dialog', 'aria-labelledby': 'dialog-title'},
      h('form', {method: 'dialog'},
        h('h2', {id: 'dialog-title'}, title),
        text && h('p', null, text),
        content,
        h('div', {class: 'actions'},
          h('button', {class: 'button', value: 'cancel', formnovalidate: true}, 'Cancel'),
          h('button', {class: `button ${danger ? 'button-danger' : 'button-primary'}`, value: 'yes'}, action))));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
