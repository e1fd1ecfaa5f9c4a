// The code that makes a page part of this experiment, in several languages, to copy.
import {h} from '../core/dom.js';
import {copyButton} from '../ui/copy_button.js';
import {tabs} from '../ui/tabs.js';
import {snippets} from './snippets.js';

export function useIt(experiment, announce) {
  const panels = snippets(experiment, location.origin).map(({label, text, code}) => {
    const source = h('code', null, code);
    return {
      label,
      content: h('div', null,
        h('div', {class: 'snippet-head'},
          h('p', {class: 'faint'}, text),
          copyButton({text: () => code, label: `Copy the ${label} code`, source, announce})),
        h('pre', {class: 'snippet', tabindex: '0', role: 'region', 'aria-label': `${label} code`}, source)),
    };
  });
  return h('section', {class: 'card', 'aria-label': 'Use it'}, h('h2', null, 'Use it'), tabs('Languages', panels));
}
