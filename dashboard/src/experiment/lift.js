// A relative change for people. It has no upper end: of a control that hardly anybody has seen it can be anything.
import {formatSignedPercent} from '../core/format.js';

const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

export function formatLift(value) {
  if (!Number.isFinite(value)) return formatSignedPercent(value);
  if (value >= 100) return '> +9,999 %';
  return value >= 10 ? `+${whole.format(100 * value)} %` : formatSignedPercent(value);
}
