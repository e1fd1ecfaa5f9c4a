// Asks before what was typed is left behind.
import {confirmAction} from '../ui/confirm.js';

/** unsaved(): whether there is something to lose. keep(): puts it by. */
export function holdUnsaved({hold, signal}, {unsaved, keep}) {
  hold(() => !unsaved() || confirmAction({
    title: 'Leave without saving?',
    text: 'What you typed is not saved. It stays in this browser: come back to this page to go on.',
    action: 'Leave',
    signal,
  }));
  addEventListener('beforeunload', (event) => {
    keep();
    if (unsaved()) event.preventDefault();
  }, {signal});
  addEventListener('pagehide', keep, {signal});
  signal.addEventListener('abort', keep);
}
