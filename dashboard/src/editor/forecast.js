// "How long will it take?": the experiment of the form, simulated by the server, beside a classic A/B test.
import {h, replace, svg} from '../core/dom.js';
import {formatPercent, formatShortCount, formatSignedCount} from '../core/format.js';
import {field} from '../ui/form.js';
import {errorNotice} from '../ui/notice.js';
import {beside} from './basics.js';
import {FIELDS, numberOf} from './form_fields.js';
import {ASSUMED, assumptionOf, daysText, durationSentence, forecastRequest, otherPolicy, policyName, worthSentence} from './forecast_model.js';

const ASK = [
  ['visitors', 'Visitors a day', 'people'],
  ['rate', 'Conversion rate today', '%'],
  ['lift', 'Smallest improvement worth finding', '% more'],
  ['days', 'Give it at most', 'days'],
];

/** A section. */
export function forecastSection(workspace, {api, signal, announce}) {
  const assumed = {...ASSUMED};
  const fields = ASK.map(([part, label, after]) => {
    const one = field({label, path: part, control: h('input', {inputmode: 'decimal', autocomplete: 'off', class: 'ed-short'})});
    one.control.value = assumed[part];
    one.control.addEventListener('input', () => {
      assumed[part] = one.control.value;
      drawStale();
    });
    beside(one, h('span', {class: 'faint'}, after));
    return one;
  });
  const result = h('div', {class: 'ed-forecast'});
  const button = h('button', {class: 'button', type: 'submit'}, 'Forecast');
  const stale = h('p', {class: 'hint ed-stale', role: 'status'});
  let running = 0;
  let asked = null;

  function drawStale() {
    const isStale = asked !== null && JSON.stringify(forecastRequest(workspace.form, assumed)) !== asked;
    replace(stale, isStale && 'The numbers above or the settings have changed since: forecast again.');
  }

  async function run(event) {
    event.preventDefault();
    const mine = ++running;
    const own = workspace.form.policy;
    const policies = [own, otherPolicy(own)];
    const days = numberOf(assumed.days);
    const most = typeof days === 'number' ? days : Number(ASSUMED.days);
    const answers = [];
    button.disabled = true;
    for (const one of fields) one.setError('');
    announce('Simulating this experiment');
    asked = JSON.stringify(forecastRequest(workspace.form, assumed));
    drawStale();
    try {
      for (const policy of policies) {
        const soFar = answers.length > 0 && resultOf(policies, answers, most);
        replace(result, soFar, busy(soFar ? 'Simulating the comparison …' : 'Simulating this experiment …'));
        answers.push(await api.call('POST', '/api/experiments:forecast', forecastRequest(workspace.form, assumed, policy)));
        if (signal.aborted || mine !== running) return;
      }
      replace(result, resultOf(policies, answers, most));
      announce(durationSentence(answers[0], most));
    } catch (error) {
      if (!signal.aborted) replace(result, answers.length > 0 && resultOf(policies, answers, most), failure(error, fields));
    } finally {
      button.disabled = false;
    }
  }

  workspace.onChange(drawStale);
  return h('section', {class: 'card', 'aria-labelledby': 'forecast-title'},
    h('h2', {id: 'forecast-title'}, 'How long will it take?'),
    h('p', {class: 'hint'}, 'The server simulates this experiment, with the code that would serve it.'),
    h('form', {novalidate: true, onsubmit: run, class: 'ed-ask', 'aria-label': 'Forecast'}, fields.map(({element}) => element), button),
    stale, result);
}

function busy(text) {
  return h('p', {class: 'faint ed-busy'}, h('span', {class: 'ed-pulse', 'aria-hidden': 'true'}), text);
}

const FAILURES = {
  OVERLOADED: 'The server is too busy for a forecast just now. Try again in a moment, or with fewer days.',
  RATE_LIMITED: 'Those were many forecasts in a short time. Wait a minute, then try again.',
  UNREACHED: 'The server can’t be reached. Try again in a moment.',
};

// What is wrong with what the reader assumes stands beside it; an element, or null, for the rest.
function failure(error, fields) {
  const known = FAILURES[error.status === 0 ? 'UNREACHED' : error.code];
  if (known) return errorNotice({message: known});
  const left = [];
  for (const {field: path, description} of error.violations ?? []) {
    const one = fields.find((candidate) => candidate.path === assumptionOf(path));
    if (one) one.setError(wordingOf(path, description));
    else left.push({field: FIELDS.find((setting) => path.startsWith(setting.path))?.label ?? path, description});
  }
  fields.find(({control}) => control.getAttribute('aria-invalid'))?.control.focus();
  if (left.length === 0 && error.violations?.length) return null;
  if (left.length > 0) return errorNotice({message: 'The settings of the experiment don’t allow a forecast yet:', violations: left});
  return errorNotice(error);
}

function wordingOf(path, description) {
  if (path.startsWith('rates') && description === 'must be 0 to 1') return 'With the improvement, the rate must be 0 to 100 %.';
  return `${description[0].toUpperCase()}${description.slice(1)}.`;
}

function resultOf(policies, answers, most) {
  const [own, other] = answers;
  return [
    own.days_to_verdict.p50 !== null && h('p', {class: 'ed-big'}, `About ${daysText(own.days_to_verdict.p50)}`),
    h('p', {class: 'ed-answer'}, durationSentence(own, most)),
    timeBars(policies, answers, most),
    h('p', {class: 'ed-answer'}, worthSentence(own)),
    comparisonTable(policies, answers),
    h('p', {class: 'hint'}, 'Bars: from one in ten to nine in ten decided; the mark is half. ',
      `Of ${formatShortCount(Math.min(...answers.map(({runs}) => runs)))} simulated experiments${other ? ' each' : ''}, stopped at the verdict.`),
  ];
}

const ROWS = [
  ['Half decided within', ({days_to_verdict: {p50}}) => (p50 === null ? '–' : daysText(p50))],
  ['Verdict in time', ({share_decided: share}) => formatPercent(share, 0)],
  ['… the right one', ({share_right: share}) => formatPercent(share, 0)],
  ['… a wrong one', ({share_wrong: share}) => formatPercent(share, 0)],
  ['Conversions gained', ({gained_over_equal_split: {mean}}) => formatSignedCount(mean)],
  ['Conversions lost', ({lost_to_best: {mean}}) => formatSignedCount(-mean)],
];

function comparisonTable(policies, answers) {
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Forecast'},
    h('table', {class: 'table ed-compare'},
      h('thead', null, h('tr', null,
        h('th', {scope: 'col'}, h('span', {class: 'sr-only'}, 'Forecast')),
        answers.map((_, index) => h('th', {scope: 'col', class: 'number'}, policyName(policies[index]))))),
      h('tbody', null, ROWS.map(([label, textOf]) => h('tr', null,
        h('th', {scope: 'row'}, label), answers.map((answer) => h('td', {class: 'number'}, textOf(answer))))))));
}

const WIDTH = 320;
const BAR = 12;

// From the day by which a tenth have a verdict to that by which nine tenths have, with a mark at the half. Open to the right where
// fewer have one in time. The table beside it has the numbers.
function timeBars(policies, answers, most) {
  const latest = Math.max(...answers.map(({days_to_verdict: {p90}}) => p90 ?? most));
  const x = (days) => Math.min(1, days / latest) * WIDTH;
  return h('div', {class: 'ed-bars'}, answers.map(({days_to_verdict: {p10, p50, p90}}, index) => h('div', null,
    h('span', {class: 'faint'}, policyName(policies[index]), h('span', {class: 'ed-range'}, rangeText(p10, p90, most))),
    svg('svg', {viewBox: `0 0 ${WIDTH} ${BAR}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'},
      svg('rect', {class: 'ed-track', width: WIDTH, height: BAR, rx: 3}),
      p10 !== null && svg('rect', {class: `ed-span-${index}`, x: x(p10), width: Math.max(3, x(p90 ?? latest) - x(p10)), height: BAR, rx: 3}),
      p50 !== null && svg('rect', {class: 'ed-half', x: Math.min(WIDTH - 3, Math.max(0, x(p50) - 1)), width: 3, height: BAR})))));
}

function rangeText(p10, p90, most) {
  if (p10 === null) return `over ${daysText(most)}`;
  return `${daysText(p10)} to ${p90 === null ? `over ${daysText(most)}` : daysText(p90)}`;
}
