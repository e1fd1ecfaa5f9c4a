// What the parts of the editor share: the form that they change, what of it may change, and the fields where errors appear.
import {field} from '../ui/form.js';
import {whyFixed} from './rules.js';

export class Workspace {
  #listeners = new Set();
  #fields = new Set();

  /** form: as form_model.js makes it; the fields change it in place. state: of the experiment, null for a new one. */
  constructor({form, state}) {
    this.form = form;
    this.state = state;
  }

  /** listener() is called after every change. */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  changed() {
    for (const listener of this.#listeners) listener();
  }

  /** Why a field can't change; empty where it can. */
  why(rule) {
    return whyFixed(rule, this.state);
  }

  /**
   * A labelled control that is bound to the form. read() and write(value): its text there. rule: of rules.js. A field that can't
   * change is disabled and says why.
   */
  field({label, path, hint, control, read, write, rule = path}) {
    const why = this.why(rule);
    const one = this.add(field({label, path, hint: [hint, why].filter(Boolean).join(' ') || null, control}));
    control.value = read();
    control.disabled = Boolean(why);
    control.addEventListener('input', () => {
      write(control.value);
      this.changed();
    });
    return one;
  }

  /** Anything with {path, control, setError}. */
  add(one) {
    this.#fields.add(one);
    return one;
  }

  /** The fields that are on the page, from top to bottom. */
  fields() {
    const shown = [...this.#fields].filter(({control}) => control.isConnected);
    return shown.sort((a, b) => (a.control.compareDocumentPosition(b.control) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  }
}

/** Opens all that is folded around an element. */
export function reveal(element) {
  for (let fold = element.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
}
