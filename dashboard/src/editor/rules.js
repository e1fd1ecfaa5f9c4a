// What of an experiment may still change, by its state. The server decides; the form says so before one types.

const AFTER_START = {
  prior: 'Stands since the start: what was counted was counted with it.',
  conversion_window_seconds: 'Stands since the start: what was counted was counted with it.',
  control: 'The control stands since the start.',
  variants: 'Variants can’t be added or removed after the start. A variant that does badly can be disabled on the experiment’s page.',
};
const STILL_WHEN_COMPLETED = new Set(['name', 'description', 'allowed_origins']);
const KEY = 'The key can’t change: pages and services call the experiment by it.';

/**
 * Why a field can't change; empty where it can. field: a path of the API; "control" for which variant is the control, "variants" for
 * which there are, "variant" for what they are. state: null for a new experiment.
 */
export function whyFixed(field, state) {
  if (state === null) return '';
  if (field === 'key') return KEY;
  if (state === 'ARCHIVED') return 'The experiment is archived.';
  if (state === 'COMPLETED') return STILL_WHEN_COMPLETED.has(field) ? '' : 'The experiment is completed: everybody sees the winner.';
  if (state === 'DRAFT') return '';
  return AFTER_START[field] ?? '';
}
