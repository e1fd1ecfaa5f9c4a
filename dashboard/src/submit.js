// Sending a form: one call at a time, and the server's word beside the fields it is about.
import {replace} from './dom.js';
import {showViolations} from './form.js';
import {errorNotice} from './notice.js';

/**
 * A listener for a form's submit. fields: as field() makes them. problem: where an error stands that is about no field.
 * button: waits meanwhile. send: () => Promise; what it throws is shown.
 */
export function onSubmit({fields, problem, button, send}) {
  return async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.replaceChildren();
    for (const one of fields) one.setError('');
    try {
      await send();
    } catch (error) {
      const left = showViolations(fields, error.violations ?? []);
      if (left.length > 0 || !error.violations?.length) {
        replace(problem, errorNotice({message: error.message, requestId: error.requestId, violations: left}));
      }
    } finally {
      button.disabled = false;
    }
  };
}
