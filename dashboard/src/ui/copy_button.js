// A button that copies a text, and says whether that worked.
import {h} from '../core/dom.js';

const SAID_MS = 2000;

/** text: a function, asked when it is pressed. source: the element with the text, selected where the clipboard is out of reach. */
export function copyButton({text, label, source, announce}) {
  const button = h('button', {class: 'button button-small', type: 'button', 'aria-label': label, onclick: copy}, 'Copy');
  let timer;

  async function copy() {
    clearTimeout(timer);
    try {
      await navigator.clipboard.writeText(text());
      say('Copied', 'Copied');
    } catch {
      // No clipboard without TLS, or where the browser forbids it.
      getSelection()?.selectAllChildren(source);
      say('Press Ctrl+C', 'It is selected: press Ctrl+C to copy it');
    }
  }

  function say(shown, said) {
    button.textContent = shown;
    announce(said);
    timer = setTimeout(() => (button.textContent = 'Copy'), SAID_MS);
  }

  return button;
}
