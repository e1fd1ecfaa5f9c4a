// A new experiment, perhaps from a copy (/experiments/new?from=key), or an experiment to be changed (/experiments/:id/edit).
import {h, replace} from '../core/dom.js';
import {openEditor} from '../editor/editor.js';
import {copyOf, emptyForm, formOf} from '../editor/form_model.js';
import {errorNotice} from '../ui/notice.js';

export function editorPage(context) {
  const {api, root, params} = context;
  const from = params.id ? null : new URLSearchParams(location.search).get('from');
  document.title = `${params.id ? 'Edit' : 'New experiment'} · MAB`;
  if (api.role === 'VIEWER') {
    root.append(...forReaders(params.id));
    return;
  }
  const source = params.id ?? from;
  if (!source) {
    openEditor(context, {experiment: null, start: emptyForm(), name: `${api.accountId}:new`});
    return;
  }
  load(context, source, (experiment) => {
    if (params.id) openEditor(context, {experiment, start: formOf(experiment), name: `${api.accountId}:${experiment.id}`});
    else openEditor(context, {experiment: null, start: copyOf(experiment), name: `${api.accountId}:copy:${experiment.id}`});
  });
}

async function load(context, source, open) {
  const {api, root, signal} = context;
  const wait = h('p', {class: 'faint', 'aria-busy': 'true'}, 'Loading …');
  replace(root, wait);
  try {
    const experiment = await api.call('GET', `/api/experiments/${encodeURIComponent(source)}`);
    if (signal.aborted) return;
    wait.remove();
    open(experiment);
  } catch (error) {
    if (signal.aborted) return;
    const message = error.status === 404 ? `There is no experiment “${source}”.` : error.message;
    replace(root, errorNotice({message, requestId: error.requestId}, error.status === 404 ? null : () => load(context, source, open)),
      h('p', null, h('a', {href: '/'}, 'All experiments')));
  }
}

function forReaders(id) {
  return [
    h('h1', null, id ? 'Edit experiment' : 'New experiment'),
    h('div', {class: 'empty'},
      h('p', null, 'You can look at experiments, but not change them. Ask an administrator to make you an editor.'),
      h('p', null, h('a', {href: id ? `/experiments/${encodeURIComponent(id)}` : '/'}, id ? 'Back to the experiment' : 'All experiments'))),
  ];
}
