// Tells when an element is on the screen: at least half of it, or at least half of the screen full of it. Browsers look at nothing in
// tabs that nobody sees, and look again when they are opened.
import {guard} from './guard.js';

const THRESHOLDS = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5];

/** Calls `seen` with elements as they come on the screen; returns its observer, which is told what to look at. */
export const whenSeen = (seen) => new IntersectionObserver(guard((entries) => seen(entries.filter(isSeen).map(({target}) => target))), {threshold: THRESHOLDS});

const isSeen = ({intersectionRatio, intersectionRect}) => intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 2;
