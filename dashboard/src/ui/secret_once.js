// A secret that is shown this once: a link or a key, with a button that copies it.
import {h} from '../core/dom.js';

/**
 * A section with the secret. title: what it is. text: what to do with it. label: of the box that holds it. details: elements
 * below it. announce: says to readers of the screen that it was copied. It goes with its button, or with the page.
 */
export function secretOnce({title, text, label, secret, details = null, announce}) {
  const box = h('input', {class: 'mono', readonly: true, value: secret, 'aria-label': label, spellcheck: 'false', autocomplete: 'off'});
  box.addEventListener('focus', () => box.select());
  const copy = h('button', {class: 'button button-primary', type: 'button', onclick: copySecret}, 'Copy');
  const heading = h('h2', {tabindex: '-1'}, title);
  const element = h('section', {class: 'card secret', 'aria-label': title},
    heading,
    h('p', null, text),
    h('div', {class: 'secret-row'}, box, copy),
    details,
    h('div', {class: 'actions'}, h('button', {class: 'button', type: 'button', onclick: () => element.remove()}, 'Done')));

  async function copySecret() {
    try {
      await navigator.clipboard.writeText(secret);
      copy.textContent = 'Copied';
      announce('Copied');
    } catch {
      // No clipboard without TLS, or where the browser forbids it.
      box.focus();
      copy.textContent = 'Press Ctrl+C';
      announce('It is selected: press Ctrl+C to copy it');
    }
  }

  return {element, focus: () => heading.focus()};
}
