// Local storage, which may be forbidden, full or absent: then nothing is kept.
import {guard} from './guard.js';

export const load = guard((key) => localStorage.getItem(key));

/** Without a value: removes it. */
export const save = guard((key, value) => (value ? localStorage.setItem(key, value) : localStorage.removeItem(key)));
