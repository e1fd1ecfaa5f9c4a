// What went wrong, and what to do about it.
import {h} from '../core/dom.js';

/** An ApiError as a notice; `retry` puts a button beside it. */
export function errorNotice(error, retry) {
  return h('div', {class: 'notice notice-error'},
    h('div', {role: 'alert'},
      h('p', null, error.message),
      error.violations?.length > 0 && h('ul', null, error.violations.map(({field, description}) => h('li', null, `${field}: ${description}`)))),
    // Another one at each try, which is no news.
    error.requestId && h('p', {class: 'faint'}, `Request ${error.requestId}`),
    retry && h('button', {class: 'button', type: 'button', onclick: retry}, 'Try again'));
}
