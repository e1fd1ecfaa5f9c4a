// What stands in the place of numbers that have not come yet: quiet blocks, and after a second words.
import {h} from '../core/dom.js';

const WORDS_AFTER_MS = 1000;

export function skeleton(signal) {
  const words = h('p', {class: 'faint', role: 'status'});
  const blocks = ['head', 'verdict', 'tiles', 'board'].map((part) => h('div', {class: `skeleton-block skeleton-${part}`}));
  const element = h('div', {class: 'skeleton', 'data-key': 'skeleton', 'aria-busy': 'true'}, blocks, words);
  const timer = setTimeout(() => (words.textContent = 'The numbers take longer than usual. They appear here by themselves.'), WORDS_AFTER_MS);
  signal.addEventListener('abort', () => clearTimeout(timer));
  return element;
}
