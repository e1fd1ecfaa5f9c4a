// Redrawing a table without losing one's place in it.
import {update} from '../core/dom.js';

/**
 * update() of `place`, whose rows have the attribute data-key. Where what had the focus is gone afterwards, the head of its row has
 * it; where the row is gone too, the table.
 */
export function updateRows(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest('tr')?.dataset.key;
  update(place, ...children);
  if (focused && !place.contains(document.activeElement)) focusRow(place, rowOf(place, key));
}

function rowOf(place, key) {
  return key === undefined ? null : [...place.querySelectorAll('tr')].find((row) => row.dataset.key === key);
}

/** Puts the focus on the head of a row of `place`; without a row on the table. */
export function focusRow(place, row) {
  (row?.querySelector('th') ?? place.querySelector('[role=region]') ?? place).focus();
}
