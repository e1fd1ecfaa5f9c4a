// A number as people read it, with the exact one where the pointer rests.
import {formatAgo, formatExact, formatShortCount, formatTime} from '../core/format.js';
import {now} from '../core/clock.js';
import {h} from '../core/dom.js';

/** format: of core/format.js. */
export function number(value, format = formatShortCount) {
  return h('span', {class: 'num', title: Number.isFinite(value) ? formatExact(value) : null}, format(value));
}

/** An RFC 3339 time as "3 hr. ago"; the time itself on hover. */
export function ago(time, seenAt = now()) {
  return time ? h('time', {datetime: time, title: formatTime(time)}, formatAgo(time, seenAt)) : h('span', null, '–');
}
