// A small menu behind a button, for what one seldom does with a row. The browser closes it by itself: by Escape, or a click
// elsewhere.
import {h, svg} from '../core/dom.js';

const WIDTH = 200;

/** The menu stays as it was made while its id does. id: unique on the page. entries: [[label, action]]. */
export function menu(id, label, entries) {
  const panel = h('div', {class: 'menu', id, popover: 'auto', 'data-own': id, ontoggle: place},
    entries.map(([text, action]) => h('button', {class: 'menu-entry', type: 'button', onclick() {
      this.closest('[popover]').hidePopover();
      action();
    }}, text)));
  return [
    h('button', {class: 'menu-button', type: 'button', popovertarget: id, 'aria-label': label, title: label},
      svg('svg', {viewBox: '0 0 24 24', width: 20, height: 20, 'aria-hidden': 'true'}, [5, 12, 19].map((cx) => svg('circle', {cx, cy: 12, r: 2})))),
    panel,
  ];
}

// Below the button, within the window.
function place(event) {
  if (event.newState !== 'open') return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(this.id)}"]`);
  const {right, bottom} = button.getBoundingClientRect();
  this.style.left = `${Math.max(8, right - WIDTH)}px`;
  this.style.top = `${Math.min(bottom + 4, innerHeight - this.offsetHeight - 8)}px`;
}
