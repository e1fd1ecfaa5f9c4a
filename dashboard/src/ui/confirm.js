// A question before something that changes what visitors see, or who may do what.
import {h} from '../core/dom.js';

/**
 * Asks, and resolves to true when the answer is yes. `content` (an element or null) stands between the text and the buttons.
 */
export function confirmAction({title, text, action, content = null}) {
  return new Promise((resolve) => {
    const dialog = h('dialog', {class: 'dialog', 'aria-labelledby': 'dialog-title'},
      h('form', {method: 'dialog'},
        h('h2', {id: 'dialog-title'}, title),
        h('p', null, text),
        content,
        h('div', {class: 'actions'},
          h('button', {class: 'button', value: 'cancel', formnovalidate: true}, 'Cancel'),
          h('button', {class: 'button button-primary', value: 'yes'}, action))));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
