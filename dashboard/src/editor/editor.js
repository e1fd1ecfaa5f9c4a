// The form of an experiment: draws it, keeps what is typed, and sends what changed.
import {h, replace, update} from '../core/dom.js';
import {formatAgo} from '../core/format.js';
import {confirmAction} from '../ui/confirm.js';
import {errorNotice} from '../ui/notice.js';
import {stateBadge} from '../ui/state_badge.js';
import {basicsSection, conversionsSection} from './basics.js';
import {canonical} from './canonical.js';
import {browserSession, claimDraft} from './claim.js';
import {conflictView} from './conflict.js';
import {Creation, isUnknown} from './creation.js';
import {browserStorage} from './drafts.js';
import {forecastSection} from './forecast.js';
import {formOf} from './form_model.js';
import {holdUnsaved} from './leaving.js';
import {differences, merged} from './merge.js';
import {showProblems} from './problems.js';
import {createRequest, updatePath, updateRequest} from './request.js';
import {advancedSection, trafficSection} from './traffic.js';
import {variantsSection} from './variants.js';
import {placed} from './violations.js';
import {Workspace} from './workspace.js';

const KEEP_DELAY_MS = 300;
const UNREACHED = 'The server can’t be reached.';
const UNKNOWN = 'It is not known whether it was saved. What you typed is kept: try again in a moment. Nothing is saved twice.';

/**
 * Fills context.root. experiment: the one that is changed, null for a new one. start: the form to begin with. name: of the draft that
 * is kept in the browser, unique for the account and what is edited; each tab has its own.
 */
export async function openEditor(context, {experiment, start, name}) {
  const {signal} = context;
  const draft = await claimDraft({storage: browserStorage(), session: browserSession(), locks: navigator.locks ?? null, name, signal});
  if (!signal.aborted) new Editor(context, {experiment, start, draft}).open();
}

class Editor {
  #context;
  #start;
  #draft;
  /** The experiment that the form began from, and as the server last had it; null for a new one. */
  #base;
  #current;
  #form;
  #isDone = false;
  /** Whether an answer to a change was lost: the server may have made it. */
  #isUnsure = false;
  #creation;
  #keepTimer;
  #place = h('div', {class: 'ed'});
  #status = h('p', {class: 'hint ed-status'});
  /** Of the form that is drawn: what is wrong stands there, and the button that saves. */
  #problems;
  #submit;
  #fields;
  #workspace;

  constructor(context, {experiment, start, draft}) {
    this.#context = context;
    this.#start = start;
    this.#draft = draft;
    this.#base = experiment;
    this.#current = experiment;
    this.#form = structuredClone(start);
  }

  open() {
    const kept = this.#draft.load(this.#current);
    this.#creation = new Creation(this.#context.api, kept?.tried);
    if (kept) {
      this.#base = kept.base ?? this.#base;
      this.#form = kept.form;
    }
    holdUnsaved(this.#context, {unsaved: () => this.#isUnsaved(), keep: () => this.#keep()});
    this.#context.root.append(this.#place);
    this.#draw(kept && restoredNote(kept, this.#isStale(), () => this.#discard()));
  }

  #isStale() {
    return this.#base !== null && this.#base.etag !== this.#current.etag;
  }

  #isArchived() {
    return this.#current?.state === 'ARCHIVED';
  }

  #isUnsaved() {
    return !this.#isDone && contentOf(this.#form) !== contentOf(this.#base ? formOf(this.#base) : this.#start);
  }

  #draw(note = null) {
    const {api, signal, announce} = this.#context;
    const workspace = new Workspace({form: this.#form, state: this.#current?.state ?? null});
    const basics = basicsSection(workspace);
    this.#workspace = workspace;
    this.#problems = h('div');
    this.#submit = h('button', {class: 'button button-primary', type: 'submit', form: 'editor'}, this.#current ? 'Save' : 'Create');
    this.#submit.disabled = this.#isArchived();
    workspace.onChange(() => this.#keepSoon());
    this.#fields = h('div', {class: 'ed-grid'},
      h('form', {id: 'editor', novalidate: true, 'aria-label': 'Experiment', onsubmit: (event) => this.#submitted(event)},
        basics.element, variantsSection(workspace, {signal, announce}), trafficSection(workspace), conversionsSection(workspace),
        advancedSection(workspace)),
      h('aside', {class: 'ed-aside', 'aria-label': 'Forecast'}, forecastSection(workspace, {api, signal, announce})));
    replace(this.#place,
      head(this.#current, this.#start), note, this.#problems, this.#fields,
      h('div', {class: 'ed-bar'}, this.#status,
        h('div', {class: 'actions'}, h('a', {class: 'button', href: this.#current ? `/experiments/${this.#current.key}` : '/'}, 'Cancel'), this.#submit)));
    if (!this.#current && !note) basics.nameField.control.focus();
    this.#keep();
  }

  #keepSoon() {
    clearTimeout(this.#keepTimer);
    this.#keepTimer = setTimeout(() => this.#keep(), KEEP_DELAY_MS);
  }

  #keep() {
    clearTimeout(this.#keepTimer);
    if (this.#isDone) return;
    if (!this.#isUnsaved()) {
      this.#draft.drop();
      update(this.#status);
      return;
    }
    const isKept = this.#draft.save({form: this.#form, base: this.#base, tried: this.#creation.tried});
    // A button that has the focus keeps it.
    update(this.#status,
      isKept ? 'Not saved yet. What you type is kept in this browser. ' : 'Not saved yet, and this browser can’t keep it. ',
      h('button', {class: 'link', type: 'button', onclick: () => this.#askToDiscard()}, 'Discard'));
  }

  async #askToDiscard() {
    const text = this.#current ? 'The form shows the experiment again as it is saved.' : 'The form begins anew.';
    if (await confirmAction({title: 'Discard what you typed?', text, action: 'Discard', signal: this.#context.signal})) this.#discard();
  }

  #discard() {
    clearTimeout(this.#keepTimer);
    this.#draft.drop();
    this.#creation.forget();
    this.#base = this.#current;
    this.#form = this.#current ? formOf(this.#current) : structuredClone(this.#start);
    this.#draw();
    this.#context.announce('What was typed is discarded');
    this.#context.root.focus({preventScroll: true});
    scrollTo(0, 0);
  }

  #submitted(event) {
    event.preventDefault();
    this.#save();
  }

  async #save() {
    const base = this.#base;
    const request = base ? updateRequest(this.#form, formOf(base), base.etag) : createRequest(this.#form);
    replace(this.#problems);
    if (request.problems.length > 0) {
      showProblems(this.#workspace, this.#problems, {violations: placed(request.problems, request.order)});
      return;
    }
    if (base && !request.changed) {
      this.#leave(base.key);
      return;
    }
    const submit = this.#submit;
    const focused = document.activeElement;
    submit.disabled = true;
    const giveBack = this.#holdFields();
    try {
      const {saved, earlier} = base ? {saved: await this.#change(base, request)} : await this.#creation.send(request.body, () => this.#keep());
      if (saved) this.#leave(saved.key);
      else if (!this.#context.signal.aborted) this.#showEarlier(earlier);
    } catch (error) {
      if (this.#context.signal.aborted) return;
      giveBack();
      this.#keep();
      await this.#explain(error, request.order);
    } finally {
      giveBack();
      submit.disabled = this.#isArchived();
      if (document.activeElement === document.body && focused?.isConnected) focused.focus({preventScroll: true});
    }
  }

  async #change(base, {remove, body}) {
    try {
      return await this.#context.api.call('PATCH', updatePath(base.id, remove), body);
    } catch (error) {
      this.#isUnsure ||= isUnknown(error);
      throw error;
    }
  }

  // What is typed while something is sent would be lost. Returns a function that gives the form back.
  #holdFields() {
    const held = [this.#fields, this.#status];
    for (const part of held) part.inert = true;
    return () => {
      for (const part of held) part.inert = false;
    };
  }

  // Also where the reader left meanwhile, nothing is unsaved any more.
  #leave(key) {
    this.#isDone = true;
    clearTimeout(this.#keepTimer);
    this.#draft.drop();
    if (!this.#context.signal.aborted) this.#context.go(`/experiments/${key}`);
  }

  // An answer was lost, and here is what may have come of it.
  #showEarlier({key, name}) {
    const again = () => {
      this.#creation.forget();
      this.#save();
    };
    replace(this.#problems, h('div', {class: 'notice notice-warn', role: 'alert'},
      h('p', null, 'There is an experiment ', h('a', {href: `/experiments/${encodeURIComponent(key)}`, target: '_blank'}, `“${name}”`), ` with the key ${key}. `,
        'It is likely what you tried to save before. Look at it before you create another one.'),
      h('div', {class: 'actions'},
        h('button', {class: 'button', type: 'button', onclick: again}, 'Create another one'),
        h('button', {class: 'button button-primary', type: 'button', onclick: () => this.#leave(key)}, 'Go on with that one'))));
    this.#problems.scrollIntoView({block: 'nearest'});
  }

  async #explain(error, order) {
    if (error.code === 'ETAG_MISMATCH') {
      await this.#showConflict();
    } else if (isUnknown(error)) {
      replace(this.#problems, errorNotice({message: `${error.status === 0 ? UNREACHED : error.message} ${UNKNOWN}`, requestId: error.requestId}));
      this.#problems.scrollIntoView({block: 'nearest'});
    } else {
      const taken = error.code === 'ALREADY_EXISTS' ? [{field: 'key', description: 'Another experiment has this key.'}] : null;
      showProblems(this.#workspace, this.#problems, {violations: taken ?? placed(error.violations ?? [], order), error});
    }
  }

  // Both versions side by side; what is chosen is saved over the newest.
  async #showConflict() {
    const {api, signal, announce} = this.#context;
    let experiment;
    try {
      experiment = await api.call('GET', `/api/experiments/${this.#base.id}`);
    } catch (error) {
      if (!signal.aborted) replace(this.#problems, errorNotice(error));
      return;
    }
    if (signal.aborted) return;
    this.#current = experiment;
    const mine = this.#form;
    const theirs = formOf(experiment);
    const rows = differences({base: formOf(this.#base), mine, theirs, state: experiment.state});
    // It was this reader's own change whose answer was lost.
    if (rows.length === 0 && this.#isUnsure) {
      this.#leave(experiment.key);
      return;
    }
    const view = conflictView({
      rows,
      back: () => this.#draw(),
      save: (choices) => {
        this.#form = merged({mine, theirs, rows, choices});
        this.#base = experiment;
        this.#draw();
        this.#save();
      },
    });
    replace(this.#place, head(experiment, this.#start), view.element);
    view.focus();
    scrollTo(0, 0);
    announce('Somebody else changed this experiment meanwhile');
  }
}

// What a form says, without the page's own names of its rows.
function contentOf(form) {
  return canonical({...form, variants: form.variants.map(({uid, ...variant}) => variant)});
}

function head(experiment, start) {
  document.title = `${experiment ? `Edit ${experiment.name}` : 'New experiment'} · MAB`;
  const isCopy = !experiment && start.name.startsWith('Copy of ');
  return h('div', null,
    h('p', {class: 'crumbs'},
      h('a', {href: '/'}, 'Experiments'), experiment && [' / ', h('a', {href: `/experiments/${experiment.key}`}, experiment.name)]),
    h('h1', null, experiment ? `Edit ${experiment.name} ` : 'New experiment', experiment && stateBadge(experiment.state)),
    isCopy && h('p', {class: 'faint'}, 'With the variants and settings of the experiment that you copied. Its visitors and numbers stay there.'),
    experiment?.state === 'ARCHIVED' && h('p', {class: 'faint'}, 'An archived experiment can’t be changed any more. You can copy it.'));
}

function restoredNote(kept, isStale, discard) {
  return h('div', {class: 'notice ed-note', role: 'status'},
    h('p', null, `This is what you typed ${formatAgo(new Date(kept.at).toISOString(), Date.now())} and did not save.`,
      isStale && ' The experiment was changed since: when you save, you see both versions.'),
    h('button', {class: 'button ed-small', type: 'button', onclick: discard}, 'Discard it'));
}
