// Tells when an element is on the screen: at least half of it, or at least half of the screen full of it. Browsers look at nothing in
// tabs that nobody sees, and look again when they are opened.
import {guard} from './guard.js';

// Each at most twice the one before: so an element of any height is looked at while it fills half of the screen or more.
const THRESHOLDS = [0, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5];

/** Calls `seen` with elements as they come on the screen; returns its observer, which is told what to look at. */
export const whenSeen = (seen) => new IntersectionObserver(guard((entries) => seen(entries.filter(isSeen).map(({target}) => target))), {threshold: THRESHOLDS});

const isSeen = ({intersectionRatio, intersectionRect}) => intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 2;
