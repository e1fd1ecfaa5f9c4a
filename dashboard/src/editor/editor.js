// The form of an experiment: draws it, keeps what is typed, and sends what changed.
import {h, replace} from '../core/dom.js';
import {formatAgo} from '../core/format.js';
import {showViolations} from '../ui/form.js';
import {errorNotice} from '../ui/notice.js';
import {stateBadge} from '../ui/state_badge.js';
import {basicsSection, conversionsSection} from './basics.js';
import {canonical} from './canonical.js';
import {conflictView} from './conflict.js';
import {browserStorage, Draft} from './drafts.js';
import {forecastSection} from './forecast.js';
import {formOf} from './form_model.js';
import {holdUnsaved} from './leaving.js';
import {differences, merged} from './merge.js';
import {createRequest, updatePath, updateRequest} from './request.js';
import {advancedSection, trafficSection} from './traffic.js';
import {variantsSection} from './variants.js';
import {placed} from './violations.js';
import {reveal, Workspace} from './workspace.js';

const KEEP_DELAY_MS = 300;

/**
 * Fills context.root. experiment: the one that is changed, null for a new one. start: the form to begin with. name: of the draft that
 * is kept in the browser, unique for the account and what is edited.
 */
export function openEditor(context, {experiment, start, name}) {
  const {api, root, signal, announce, go} = context;
  const draft = new Draft({storage: browserStorage(), name});
  const kept = draft.load();
  let base = kept?.base ?? experiment;
  let current = experiment; // as the server last had it
  let form = kept?.form ?? start;
  let done = false;
  const untouched = contentOf(start);
  const unsaved = () => !done && contentOf(form) !== (base === experiment ? untouched : contentOf(formOf(base)));

  let timer;
  function keep() {
    clearTimeout(timer);
    if (done) return;
    if (!unsaved()) draft.drop();
    else status(draft.save({form, base}) ? 'Not saved yet. What you type is kept in this browser.' : 'Not saved yet, and too large to be kept in this browser.');
  }
  const keepSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, KEEP_DELAY_MS);
  };
  holdUnsaved(context, {unsaved, keep});

  const statusLine = h('p', {class: 'hint ed-status'});
  const status = (text) => replace(statusLine, text);
  const place = h('div', {class: 'ed'});
  root.append(place);

  function discard() {
    draft.drop();
    base = current;
    form = current ? formOf(current) : structuredClone(start);
    draw();
    announce('What was typed is discarded');
  }

  function draw(restored = false) {
    const workspace = new Workspace({form, state: current?.state ?? null});
    const problem = h('div', {class: 'ed-problem'});
    const submit = h('button', {class: 'button button-primary', type: 'submit', form: 'editor', disabled: current?.state === 'ARCHIVED'}, current ? 'Save' : 'Create');
    const basics = basicsSection(workspace);
    workspace.onChange(keepSoon);
    status('');
    replace(place,
      head(current, start), restored && restoredNote(kept, base, current, discard), problem,
      h('div', {class: 'ed-grid'},
        h('form', {id: 'editor', novalidate: true, 'aria-label': 'Experiment', onsubmit: (event) => {
          event.preventDefault();
          save({workspace, problem, submit});
        }},
        basics.element, variantsSection(workspace, {signal, announce}), trafficSection(workspace), conversionsSection(workspace), advancedSection(workspace)),
        h('aside', {class: 'ed-aside', 'aria-label': 'Forecast'}, forecastSection(workspace, {api, signal, announce}))),
      h('div', {class: 'ed-bar'}, statusLine,
        h('div', {class: 'actions'}, h('a', {class: 'button', href: current ? `/experiments/${current.key}` : '/'}, 'Cancel'), submit)));
    if (!current && !restored) basics.nameField.control.focus();
    return {workspace, problem, submit};
  }

  async function save({workspace, problem, submit}) {
    const request = base ? updateRequest(form, formOf(base), base.etag) : createRequest(form);
    replace(problem);
    if (request.problems.length > 0) return showProblems(workspace, problem, {violations: placed(request.problems, request.order)});
    if (base && !request.changed) return leave(base.key);
    submit.disabled = true;
    try {
      const saved = base
        ? await api.call('PATCH', updatePath(base.id, request.remove), request.body)
        : await api.call('POST', '/api/experiments', request.body);
      if (!signal.aborted) leave(saved.key);
    } catch (error) {
      if (!signal.aborted) await explain(error, request, {workspace, problem});
    } finally {
      submit.disabled = false;
    }
    return undefined;
  }

  function leave(key) {
    done = true;
    clearTimeout(timer);
    draft.drop();
    go(`/experiments/${key}`);
  }

  async function explain(error, request, {workspace, problem}) {
    if (base && error.code === 'ETAG_MISMATCH') return resolve(problem);
    const violations = error.code === 'ALREADY_EXISTS' && !base
      ? [{field: 'key', description: 'Another experiment has this key.'}]
      : placed(error.violations ?? [], request.order);
    return showProblems(workspace, problem, {violations, error});
  }

  /** Shows both versions; what is chosen is saved over the newest. */
  async function resolve(problem) {
    let theirs;
    try {
      theirs = await api.call('GET', `/api/experiments/${base.id}`);
    } catch (error) {
      replace(problem, errorNotice(error));
      return;
    }
    if (signal.aborted) return;
    current = theirs;
    const theirForm = formOf(theirs);
    const rows = differences({base: formOf(base), mine: form, theirs: theirForm, state: theirs.state});
    const view = conflictView({
      rows,
      back: () => draw(),
      save: (choices) => {
        form = merged({mine: form, theirs: theirForm, rows, choices});
        base = theirs;
        keep();
        save(draw());
      },
    });
    replace(place, head(current, start), view.element);
    view.focus();
    scrollTo(0, 0);
    announce('Somebody else changed this experiment meanwhile');
  }

  if (kept) keepSoon();
  draw(Boolean(kept));
}

// Which form of two says what: the ids of rows are the page's own.
function contentOf(form) {
  return canonical({...form, variants: form.variants.map(({uid, ...variant}) => variant)});
}

function head(experiment, start) {
  document.title = `${experiment ? `Edit ${experiment.name}` : 'New experiment'} · MAB`;
  const path = experiment && `/experiments/${experiment.key}`;
  return h('div', {class: 'ed-head'},
    h('p', {class: 'crumbs'}, h('a', {href: '/'}, 'Experiments'), experiment && [' / ', h('a', {href: path}, experiment.name)]),
    h('h1', null, experiment ? `Edit ${experiment.name} ` : 'New experiment', experiment && stateBadge(experiment.state)),
    !experiment && start.name.startsWith('Copy of ') && h('p', {class: 'faint'}, 'With the variants and settings of the experiment that you copied. Its visitors and numbers stay there.'));
}

function restoredNote(kept, base, current, discard) {
  const stale = base && current && base.etag !== current.etag;
  return h('div', {class: 'notice ed-note', role: 'status'},
    h('p', null, `This is what you typed ${formatAgo(new Date(kept.at).toISOString(), Date.now())} and did not save.`,
      stale && ' The experiment was changed since: when you save, you see both versions.'),
    h('button', {class: 'button ed-small', type: 'button', onclick: discard}, 'Discard it'));
}

function showProblems(workspace, problem, {violations, error = null}) {
  const fields = workspace.fields();
  for (const one of fields.filter(({path}) => violations.some(({field}) => field === path))) reveal(one.control);
  const left = showViolations(fields, violations);
  const placeOf = ({field}) => fields.findIndex(({path}) => path === field);
  const beside = violations.filter((violation) => !left.includes(violation)).sort((a, b) => placeOf(a) - placeOf(b));
  if (beside.length === 0) {
    replace(problem, errorNotice({message: error?.message ?? 'This can’t be saved yet.', requestId: error?.requestId, violations: left}));
    problem.scrollIntoView({block: 'nearest'});
    return;
  }
  const jump = ({field, description}) => {
    const one = fields[placeOf({field})];
    return h('li', null, h('button', {class: 'link', type: 'button', onclick: () => {
      reveal(one.control);
      one.control.focus();
    }}, `${labelOf(one.control)}: ${description}`));
  };
  replace(problem, h('div', {class: 'notice notice-error ed-summary-list', role: 'alert'},
    h('p', null, violations.length === 1 ? 'One thing is to be put right:' : `${violations.length} things are to be put right:`),
    h('ul', null, beside.map(jump), left.map(({field, description}) => h('li', null, `${field}: ${description}`)))));
}

function labelOf(control) {
  const own = control.getAttribute('aria-label') ?? control.labels?.[0]?.textContent ?? control.closest('fieldset')?.querySelector('legend')?.textContent ?? control.textContent;
  const variant = control.closest('.ed-variant')?.querySelector('h3')?.textContent;
  return variant ? `${variant}, ${own}` : own;
}
