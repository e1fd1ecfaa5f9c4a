// A line at the top of the page while the server can't be reached. What the page shows stays.
import {formatTime} from '../core/format.js';
import {h, replace} from '../core/dom.js';
import {poll} from '../core/poll.js';

const ASK_MS = 3000;

/**
 * Returns reached(answered): to be called after each request with whether the server answered. While it does not, ask() is called
 * every few seconds, which is to make such a request. place: where the line stands.
 */
export function connectionLine(place, ask) {
  let asking = null;
  return (answered) => {
    if (answered && asking) {
      asking.abort();
      asking = null;
      replace(place);
    } else if (!answered && !asking) {
      asking = new AbortController();
      const since = formatTime(new Date().toISOString());
      replace(place, h('p', {class: 'connection'}, `The server can’t be reached since ${since}. What you see is from before. This line goes once the server answers.`));
      // A failure is no reason to wait longer: what it asks costs nothing.
      poll({signal: asking.signal, everyMs: ASK_MS, load: () => ask().catch(() => {})});
    }
  };
}
