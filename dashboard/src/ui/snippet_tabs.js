// Code to copy, one kind a tab.
import {h} from '../core/dom.js';
import {copyButton} from './copy_button.js';
import {tabs} from './tabs.js';

/** label: of them all. snippets: [{label, text, code}], text a sentence on when to use it; more, if there is any, an element below. */
export function snippetTabs(label, snippets, announce) {
  return tabs(label, snippets.map((snippet) => ({label: snippet.label, content: panel(snippet, announce)})));
}

function panel({label, text, code, more = null}, announce) {
  const source = h('code', null, code);
  return h('div', null,
    h('div', {class: 'snippet-head'},
      h('p', {class: 'faint'}, text),
      copyButton({text: () => code, label: `Copy the ${label} code`, source, announce})),
    h('pre', {class: 'snippet', tabindex: '0', role: 'region', 'aria-label': `${label} code`}, source),
    more);
}
