// Sending a form: one call at a time, and the server's word beside the fields it is about.
import {replace} from '../core/dom.js';
import {showViolations} from './form.js';
import {errorNotice} from './notice.js';

/**
 * A listener for a form's submit. fields: as field() makes them. problem: where an error stands that is about no field.
 * button: waits meanwhile. send: () => Promise; what it throws is shown.
 */
export function onSubmit({fields, problem, button, send}) {
  return (event) => {
    event.preventDefault();
    return attempt({fields, problem, buttons: [button], send});
  };
}

/** The same without a form, and for several buttons, of which those that were enabled are again afterwards. */
export async function attempt({fields, problem, buttons, send}) {
  const waiting = buttons.filter((button) => !button.disabled);
  const pressed = waiting.find((button) => button === document.activeElement);
  for (const button of waiting) button.disabled = true;
  problem.replaceChildren();
  for (const one of fields) one.setError('');
  try {
    await send();
  } catch (error) {
    showFailure({fields, problem, error});
  } finally {
    for (const button of waiting) button.disabled = false;
    // A button that is disabled loses the focus.
    if (pressed?.isConnected && document.activeElement === document.body) pressed.focus({preventScroll: true});
  }
}

/** Puts an ApiError's word beside the fields it is about, and what is about none of them into `problem`. */
export function showFailure({fields, problem, error}) {
  const left = showViolations(fields, error.violations ?? []);
  if (left.length > 0 || !error.violations?.length) {
    replace(problem, errorNotice({message: error.message, requestId: error.requestId, violations: left}));
  }
}
