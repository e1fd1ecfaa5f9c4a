// What hinders saving: beside the fields, and as a list on top that leads to them.
import {h, replace} from '../core/dom.js';
import {showViolations} from '../ui/form.js';
import {errorNotice} from '../ui/notice.js';
import {reveal} from './workspace.js';

/**
 * violations: as violations.js places them. error: what the server said, null where it was not asked. The first field gets the focus,
 * whatever it was folded into; what belongs to no field stands in `place` alone.
 */
export function showProblems(workspace, place, {violations, error = null}) {
  const fields = workspace.fields();
  const positionOf = ({field}) => fields.findIndex(({path}) => path === field);
  for (const violation of violations) {
    const position = positionOf(violation);
    if (position >= 0) reveal(fields[position].control);
  }
  const left = showViolations(fields, violations);
  const beside = violations.filter((violation) => !left.includes(violation)).sort((a, b) => positionOf(a) - positionOf(b));
  if (beside.length === 0) {
    replace(place, errorNotice({message: error?.message ?? 'This can’t be saved yet.', requestId: error?.requestId, violations: left}));
    place.scrollIntoView({block: 'nearest'});
    return;
  }
  replace(place, h('div', {class: 'notice notice-error ed-problems', role: 'alert'},
    h('p', null, violations.length === 1 ? 'One thing needs your attention:' : `${violations.length} things need your attention:`),
    h('ul', null,
      beside.map((violation) => linkTo(fields[positionOf(violation)].control, violation.description)),
      left.map(({field, description}) => h('li', null, `${field}: ${description}`)))));
}

function linkTo(control, description) {
  const jump = () => {
    reveal(control);
    control.focus();
  };
  return h('li', null, h('button', {class: 'link', type: 'button', onclick: jump}, `${labelOf(control)}: ${description}`));
}

function labelOf(control) {
  const group = control.closest('fieldset')?.querySelector('legend')?.textContent;
  const own = control.getAttribute('aria-label') ?? control.labels?.[0]?.textContent ?? group ?? control.textContent;
  const variant = control.closest('.ed-variant')?.querySelector('h3')?.textContent;
  return variant ? `${variant}, ${own}` : own;
}
