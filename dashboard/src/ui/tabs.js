// Tabs: one of several panels is shown. Arrow keys move between them, as readers of the screen expect.
import {h} from '../core/dom.js';

let tabsNumber = 0;

/** label: of them all. panels: [{label, content}], content an element. The first is shown. */
export function tabs(label, panels) {
  const id = `tabs-${++tabsNumber}`;
  const buttons = panels.map((panel, index) =>
    h('button', {
      class: 'tab', type: 'button', role: 'tab', id: `${id}-tab-${index}`, 'aria-controls': `${id}-panel-${index}`,
      onclick: () => select(index), onkeydown: (event) => move(event, index),
    }, panel.label));
  const bodies = panels.map((panel, index) =>
    h('div', {class: 'tab-panel', role: 'tabpanel', id: `${id}-panel-${index}`, 'aria-labelledby': `${id}-tab-${index}`}, panel.content));

  function select(chosen) {
    buttons.forEach((button, index) => {
      button.setAttribute('aria-selected', String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
      bodies[index].hidden = index !== chosen;
    });
  }

  function move(event, from) {
    const to = {ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: buttons.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const chosen = (to + buttons.length) % buttons.length;
    select(chosen);
    buttons[chosen].focus();
  }

  select(0);
  return h('div', {class: 'tabs'}, h('div', {class: 'tab-list', role: 'tablist', 'aria-label': label}, buttons), bodies);
}
