// The head of an experiment's page: what it is, where it stands in its life, and what can be done with it.
import {formatDuration} from '../core/format.js';
import {h} from '../core/dom.js';
import {experimentPath} from '../core/paths.js';
import {actionsFor, mayWrite} from '../ui/actions.js';
import {ago} from '../ui/number.js';
import {stateBadge} from '../ui/state_badge.js';

/** act(action): asks, and does it. */
export function head(experiment, role, act) {
  const {state, name, key, description, allowed_origins: origins} = experiment;
  return [
    h('p', {class: 'crumbs'}, h('a', {href: '/'}, 'Experiments')),
    h('div', {class: 'title'},
      h('div', {class: 'title-text'},
        h('h1', null, name, ' ', stateBadge(state)),
        description && h('p', {class: 'description'}, description)),
      h('div', {class: 'actions'},
        mayWrite(role) && state !== 'ARCHIVED' && h('a', {class: 'button', href: `${experimentPath(experiment)}/edit`}, 'Edit'),
        mayWrite(role) && h('a', {class: 'button', href: `/experiments/new?from=${encodeURIComponent(key)}`}, 'Duplicate'),
        actionsFor(state, role).map((action) => h('button', {
          class: `button ${action.primary ? 'button-primary' : ''} ${action.danger ? 'button-quiet-danger' : ''}`,
          type: 'button', 'data-key': action.verb, onclick: () => act(action),
        }, action.label)))),
    h('ul', {class: 'facts'},
      h('li', null, h('span', {class: 'sr-only'}, 'Key: '), h('code', null, key)),
      lifeline(experiment, Date.now()),
      origins.length > 0 && h('li', null, `Answers only pages of ${origins.join(', ')}`)),
  ];
}

function lifeline(experiment, now) {
  const {create_time: created, start_time: started, end_time: ended, rows_retire_time: retired, update_time: changed} = experiment;
  const ran = started ? (Date.parse(ended ?? new Date(now).toISOString()) - Date.parse(started)) / 1000 : 0;
  const entries = [
    ['created', 'Created ', created],
    ['started', 'Started ', started],
    ['ended', `Completed ${ran > 60 ? `after ${formatDuration(ran)}, ` : ''}`, ended],
    ['changed', 'Last changed ', !ended && changed !== created ? changed : null],
    ['retired', 'Rows of visitors deleted ', retired],
  ];
  return entries.filter(([, , time]) => time).map(([id, text, time]) => h('li', {'data-key': id}, text, ago(time, now)));
}
