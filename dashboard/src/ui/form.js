// Form fields with a label, a hint and the place where the server's word on them appears.
import {h} from '../core/dom.js';

let fieldNumber = 0;

/**
 * A labelled control. `path` is the field's name in the server's errors. Returns {element, control, path, setError}.
 */
export function field({label, path, hint, control}) {
  const id = `field-${++fieldNumber}`;
  control.id = id;
  const error = h('p', {class: 'field-error', id: `${id}-error`, hidden: true});
  control.setAttribute('aria-describedby', hint ? `${id}-hint ${id}-error` : `${id}-error`);
  const setError = (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) control.setAttribute('aria-invalid', 'true');
    else control.removeAttribute('aria-invalid');
  };
  control.addEventListener('input', () => setError(''));
  const element = h('div', {class: 'field'},
    h('label', {for: id}, label),
    control,
    hint && h('p', {class: 'hint', id: `${id}-hint`}, hint),
    error);
  return {element, control, path, setError};
}

/**
 * Puts each violation beside its field and the focus on the first; returns those that belong to no field here.
 */
export function showViolations(fields, violations) {
  const left = [...violations];
  let first = null;
  for (const one of fields) {
    const index = left.findIndex((violation) => violation.field === one.path);
    one.setError(index < 0 ? '' : left[index].description);
    if (index >= 0) {
      left.splice(index, 1);
      first ??= one.control;
    }
  }
  first?.focus();
  return left;
}
