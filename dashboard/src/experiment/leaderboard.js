// The leaderboard: a row a variant, with its numbers and what they say on scales that all rows share. On a phone rows are cards.
import {formatExact, formatLoss, formatPercent, formatProbability} from '../core/format.js';
import {h} from '../core/dom.js';
import {liftScale} from '../charts/scale.js';
import {canDisable} from '../ui/actions.js';
import {number} from '../ui/number.js';
import {segments} from '../ui/segments.js';
import {rangeBar, scaleEnds, shareBar} from './bars.js';
import {formatLift} from './lift.js';
import {menu} from './menu.js';
import {swatch, tag} from './variants.js';

const ORDERS = [['set', 'As set up'], ['best', 'By P(best)']];
// Of more variants the likeliest to be the best are shown at first.
const ROWS_MAX = 12;
const share = (value) => formatPercent(value, 1);
const byBest = (a, b) => b.probability_best - a.probability_best;

/**
 * act: {disable(variant), complete(key)}. changed(): another order was chosen.
 * Returns draw({experiment, analytics, colours, role, rates}), which answers the section; rates: the scale.
 */
export function leaderboard({act, changed}) {
  let order = null;
  let all = false;
  let lifts = null;

  return ({experiment, analytics, colours, role, rates}) => {
    lifts = liftScale(lifts, analytics.variants);
    const many = analytics.variants.length > ROWS_MAX;
    const ordered = order ?? (many ? 'best' : 'set');
    const sorted = ordered === 'best' ? [...analytics.variants].sort(byBest) : analytics.variants;
    const rows = many && !all ? sorted.filter((row, index) => index < ROWS_MAX || row.variant.is_control) : sorted;
    const context = {experiment, analytics, colours, role, rates, lifts, act};
    return h('section', {class: 'card board', 'aria-label': 'Variants'},
      h('div', {class: 'card-head'},
        h('h2', null, 'Variants'),
        rows.length > 2 && segments('Order', ORDERS, ordered, (chosen) => {
          order = chosen;
          changed();
        })),
      h('table', {class: 'board-table', role: 'table', 'aria-label': 'Variants'},
        h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, heads(context))),
        h('tbody', {role: 'rowgroup'}, rows.map((row) => variantRow(row, context)))),
      many && h('button', {class: 'button button-small board-more', type: 'button', 'aria-expanded': String(all), onclick: () => {
        all = !all;
        changed();
      }}, all ? 'Show fewer' : `Show all ${analytics.variants.length} variants`));
  };
}

// Of an experiment that is over there are no new visitors who are drawn.
const isOver = (experiment) => ['COMPLETED', 'ARCHIVED'].includes(experiment.state);

function heads({experiment, analytics, rates, lifts}) {
  const level = formatPercent(analytics.credible_level, 0);
  const head = (text, kind = '', more = null, hint = null) => h('th', {scope: 'col', role: 'columnheader', class: kind, title: hint}, text, more);
  return [
    head('Variant'),
    head('Visitors', 'number', null, 'Who were shown the variant'),
    head('Conversions', 'number', null, 'Credited to it'),
    head('Conversion rate', 'with-bar', [h('span', {class: 'sr-only'}, ` and its ${level} credible interval`), scaleEnds(rates)]),
    lifts && head('Lift against the control', 'with-bar', [h('span', {class: 'sr-only'}, ` and its ${level} credible interval`), scaleEnds(lifts)]),
    head('P(best)', 'with-meter', null, 'The probability that its rate is the highest'),
    head('Expected loss', 'number', null, 'In conversion rate, of choosing it: what it lacks to the best, on average'),
    !isOver(experiment) && head('New visitors', 'with-meter', null, 'The share of new visitors who are shown it now'),
    !isOver(experiment) && head(h('span', {class: 'sr-only'}, 'Actions'), 'with-menu'),
  ];
}

function variantRow(row, context) {
  const {analytics, colours, rates, lifts, experiment} = context;
  const {variant, posterior, credible_interval: interval, versus_control: versus} = row;
  const colour = colours.get(variant.key) ?? '1';
  const leads = analytics.exposures > 0 && !experiment.winner && variant.key === analytics.verdict.leader;
  const cell = (label, kind, ...content) => h('td', {role: 'cell', class: kind, 'data-label': label}, content);
  const won = variant.key === experiment.winner;
  return h('tr', {role: 'row', 'data-key': variant.key, class: leads || won ? 'leading' : variant.disabled ? 'retired' : null},
    h('th', {scope: 'row', role: 'rowheader'},
      h('div', {class: 'variant-name'}, swatch(colour), h('span', {class: 'name', title: variant.name}, variant.name)),
      h('div', {class: 'variant-tags'}, h('code', null, variant.key),
        leads && tag('leads', 'good'), won && tag('winner', 'good'), variant.is_control && tag('control'), variant.disabled && tag('disabled', 'bad'))),
    cell('Visitors', 'number', number(row.exposures)),
    cell('Conversions', 'number', number(row.conversions)),
    cell('Conversion rate', 'with-bar',
      h('div', {class: 'beside'}, number(row.exposures > 0 ? row.rate : NaN, formatPercent),
        between(interval, formatPercent)),
      rangeBar({scale: rates, ...interval, middle: posterior.mean, colour})),
    lifts && (versus ? liftCell(versus, lifts, colour, cell) : cell('Lift against the control', 'with-bar faint lift-none', 'is the control')),
    cell('P(best)', 'with-meter', number(row.probability_best, formatProbability), shareBar(row.probability_best, colour)),
    cell('Expected loss', 'number', number(row.expected_loss, formatLoss)),
    !isOver(experiment) && cell('New visitors', 'with-meter', number(row.allocation, share), shareBar(row.allocation, colour)),
    !isOver(experiment) && cell('Actions', 'with-menu', rowMenu(row, context)));
}

function liftCell({lift}, scale, colour, cell) {
  return cell('Lift against the control', 'with-bar',
    h('div', {class: 'beside'}, number(lift.median, formatLift), between(lift, formatLift)),
    rangeBar({scale, lower: lift.lower, upper: lift.upper, middle: lift.median, colour, zero: true}));
}

function between({lower, upper}, format) {
  return h('span', {class: 'between', title: `${formatExact(lower)} to ${formatExact(upper)}`}, `${format(lower)} to ${format(upper)}`);
}

function rowMenu({variant}, {experiment, role, act}) {
  const own = experiment.variants.find((one) => one.key === variant.key);
  if (!own || !canDisable(experiment, own, role)) return null;
  return menu(`variant-menu-${variant.key}`, `Actions for ${variant.name}`, [
    ['Complete with it …', () => act.complete(variant.key)],
    ['Disable …', () => act.disable(own)],
  ]);
}
