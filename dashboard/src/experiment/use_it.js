// The code that makes a page part of this experiment, in several languages, to copy.
import {h} from '../core/dom.js';
import {snippetTabs} from '../ui/snippet_tabs.js';
import {snippets} from './snippets.js';

export function useIt(experiment, announce) {
  return h('section', {class: 'card', 'aria-label': 'Use it'}, h('h2', null, 'Use it'), snippetTabs('Languages', snippets(experiment, location.origin), announce));
}
