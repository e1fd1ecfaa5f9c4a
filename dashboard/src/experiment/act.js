// Doing something with an experiment: a question that says what will happen, then the call.
import {ApiError} from '../core/api.js';
import {h, update} from '../core/dom.js';
import {consequences} from '../ui/actions.js';
import {confirmAction} from '../ui/confirm.js';

/**
 * current(): {experiment, analytics}, as the page shows them. Returns {perform(action, {winner, variant})}, which resolves to
 * {done: the new experiment, or null where it was deleted}, to {cancelled: true}, or throws an ApiError.
 */
export function actor({api, signal, path, current}) {
  async function ask(action, options) {
    const {experiment, analytics} = current();
    let {winner = ''} = options;
    const sentences = h('div', {class: 'consequences'});
    const explain = () => {
      const {effects, warnings} = consequences(action.verb, experiment, analytics, {...options, winner});
      update(sentences,
        effects.map((text) => h('p', null, text)),
        warnings.length > 0 && h('div', {class: 'notice notice-warn', role: 'status'}, warnings.map((text) => h('p', null, text))));
    };
    const choice = action.needsWinner ? winnerChoice(experiment, winner, (key) => {
      winner = key;
      explain();
    }) : null;
    explain();
    const about = options.variant?.name ?? experiment.name;
    const yes = await confirmAction({
      title: `${action.label} ${about}?`,
      action: action.label,
      content: h('div', null, choice, sentences),
      danger: action.danger,
      signal,
    });
    return yes ? {winner, etag: experiment.etag} : null;
  }

  async function perform(action, options = {}) {
    const answer = await ask(action, options);
    if (!answer) return {cancelled: true};
    if (action.verb === 'delete') {
      await remove(api, path, answer.etag);
      return {done: null};
    }
    const target = action.verb === 'disable' ? `${path}/variants/${encodeURIComponent(options.variant.key)}:disable` : `${path}:${action.verb}`;
    return {done: await api.call('POST', target, {etag: answer.etag, ...(action.needsWinner && {winner: answer.winner})})};
  }

  return {perform};
}

/**
 * Deletes the experiment where it is as it was seen; throws an ApiError, ETAG_MISMATCH where somebody changed it. A deletion carries no
 * etag, so the experiment is read right before: what is changed between the two calls, a few milliseconds, is deleted with it.
 */
export async function remove(api, path, etag) {
  const now = await api.call('GET', path);
  if (now.etag !== etag) {
    throw new ApiError({status: 409, code: 'ETAG_MISMATCH', detail: 'The experiment has been changed since it was read: look at it again.'});
  }
  await api.call('DELETE', path);
}

// The variants that can be completed with: those that are served.
function winnerChoice(experiment, chosen, changed) {
  const select = h('select', {id: 'winner', onchange: () => changed(select.value)},
    experiment.variants
      .filter((variant) => !variant.disabled)
      .map((variant) => h('option', {value: variant.key, selected: variant.key === chosen}, `${variant.name} (${variant.key})`)));
  return h('div', {class: 'field'}, h('label', {for: 'winner'}, 'Winner'), select);
}
