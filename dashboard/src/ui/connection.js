// A line at the top of the page while the server can't be reached. What the page shows stays, and is asked for again.
import {formatTime} from '../core/format.js';
import {h, replace} from '../core/dom.js';

/** Returns reached(answered): to be called after each request with whether the server answered. place: where the line stands. */
export function connectionLine(place) {
  let lostAt = null;
  return (answered) => {
    if (answered && lostAt !== null) {
      lostAt = null;
      replace(place);
    } else if (!answered && lostAt === null) {
      lostAt = new Date().toISOString();
      replace(place, h('p', {class: 'connection'}, `The server can’t be reached since ${formatTime(lostAt)}. What you see is from before; this page tries again by itself.`));
    }
  };
}
