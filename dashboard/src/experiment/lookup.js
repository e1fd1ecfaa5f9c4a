// "Why did this visitor get B?": a visitor's assignment, drawn again before the reader's eyes.
import {formatPercent, formatProbability} from '../core/format.js';
import {h, replace} from '../core/dom.js';
import {field} from '../ui/form.js';
import {errorNotice} from '../ui/notice.js';
import {number} from '../ui/number.js';
import {onSubmit} from '../ui/submit.js';
import {lookupProblem, proofSteps, recordSentences} from './proof_text.js';
import {colourNames, swatch, tag} from './variants.js';

/** The visitor's id goes to the server in a body, and stands in no address. experiment(): as it is now. */
export function lookup({api, signal, path, experiment, announce}) {
  const user = field({
    label: 'Visitor’s id',
    path: 'user_id',
    hint: 'As your page sends it: user_id.',
    control: h('input', {class: 'mono', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none', maxlength: 256}),
  });
  const problem = h('div');
  const result = h('div', {class: 'proof'});
  const button = h('button', {class: 'button', type: 'submit'}, 'Look it up');

  async function send() {
    replace(result);
    try {
      const found = await api.call('POST', `${path}/assignments:lookup`, {user_id: user.control.value.trim(), replay: true});
      if (signal.aborted) return;
      replace(result, proof(found, experiment()));
      announce(`${found.variant?.name ?? 'A variant'}: ${found.replay?.finding ?? ''}`);
    } catch (error) {
      const text = lookupProblem(error, experiment());
      if (signal.aborted) return;
      if (!text) throw error;
      replace(problem, errorNotice({message: text}));
    }
  }

  return h('section', {class: 'card', 'aria-label': 'Why did this visitor get that variant?'},
    h('h2', null, 'Why did this visitor get that variant?'),
    h('p', {class: 'faint'}, 'Every assignment can be drawn again, from what was known at its moment and the visitor’s id.'),
    h('form', {class: 'lookup-form', novalidate: true, onsubmit: onSubmit({fields: [user], problem, button, send})}, user.element, button),
    problem, result);
}

function proof(found, experiment) {
  const {replay} = found;
  const steps = proofSteps(found);
  return [
    replay && h('p', {class: `proof-sum ${replay.agrees ? 'proof-good' : 'proof-bad'}`},
      h('span', {'aria-hidden': 'true'}, replay.agrees ? '✓ ' : '✕ '),
      replay.agrees ? 'Drawn again, it agrees with the record to the last bit.' : 'Drawn again, it does not agree with the record.'),
    h('p', null, recordSentences(found).join(' ')),
    steps.length > 0 && h('ol', {class: 'proof-steps'}, steps.map(({title, text}) => h('li', null, h('strong', null, title), h('p', null, text)))),
    steps.length > 0 && draws(found, experiment),
    replay && h('p', {class: 'faint'}, replay.finding),
  ];
}

const toThousandths = (value) => formatPercent(value, 3);

function draws({replay}, experiment) {
  const colours = colourNames(experiment.variants);
  const heads = ['Variant', 'Known then', 'P(best)', 'Share', 'Rate drawn'];
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The draw'},
    h('table', {class: 'table'},
      h('thead', null, h('tr', null, heads.map((name, index) => h('th', {scope: 'col', class: index > 0 ? 'number' : null}, name)))),
      h('tbody', null, replay.variants.map((one) => {
        const won = one.variant?.key === replay.winner?.key;
        return h('tr', {class: won ? 'leading' : null},
          h('th', {scope: 'row'},
            swatch(colours.get(one.variant?.key) ?? '1'), ' ', one.variant?.name ?? '–', ' ',
            won && tag('drawn', 'good'), !one.eligible && tag('disabled', 'bad')),
          h('td', {class: 'number', title: `Beta(${one.posterior.alpha}, ${one.posterior.beta})`}, formatPercent(one.posterior.mean)),
          h('td', {class: 'number'}, number(one.probability_best, formatProbability)),
          h('td', {class: 'number'}, number(one.allocation, formatPercent)),
          h('td', {class: 'number'}, Number.isFinite(one.drawn_rate) ? number(one.drawn_rate, toThousandths) : h('span', {class: 'faint'}, 'not drawn')));
      }))));
}
