// Light, dark, or as the system has it: kept by this browser, see core/theme.js.
import {h} from '../core/dom.js';

const CHOICES = [['', 'System'], ['light', 'Light'], ['dark', 'Dark']];

export function appearanceCard() {
  const chosen = document.documentElement.dataset.theme ?? '';
  return h('section', {class: 'card', 'aria-labelledby': 'appearance-title'},
    h('h2', {id: 'appearance-title'}, 'Appearance'),
    h('fieldset', {class: 'segments', onchange: (event) => choose(event.target.value)},
      h('legend', {class: 'sr-only'}, 'Colours'),
      CHOICES.map(([value, label]) => h('label', {class: 'segment'},
        h('input', {type: 'radio', name: 'theme', value, checked: value === chosen}), label))));
}

function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    if (theme) localStorage.setItem('mab.theme', theme);
    else localStorage.removeItem('mab.theme');
  } catch {
    // Storage may be forbidden: then the choice lasts until the page is loaded again.
  }
}
