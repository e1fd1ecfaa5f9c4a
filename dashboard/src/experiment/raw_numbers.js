// All numbers with all their digits: as a table, and as files for a spreadsheet.
import {h, update} from '../core/dom.js';
import {csv, download} from './csv.js';
import {analyticsFields, analyticsRows, overallFields, timelineRows} from './raw_rows.js';

/** timeline(): the latest, or null. Returns {element, draw(analytics)}; written only while it is open. */
export function rawNumbers({timeline, announce}) {
  const body = h('div');
  const element = h('details', {ontoggle: () => draw()}, h('summary', null, h('h2', null, 'Raw numbers')), body);
  let latest = null;

  function save(what, rows) {
    download(`${latest.experiment_key}-${what}-${latest.as_of.slice(0, 19).replaceAll(':', '')}.csv`, csv(rows));
    announce('The file is saved');
  }

  function draw(analytics = latest) {
    latest = analytics;
    if (!latest || !element.open) return;
    const keys = latest.variants.map(({variant}) => variant.key);
    update(body,
      h('div', {class: 'actions actions-left'},
        button('Download analytics (CSV)', false, () => save('analytics', analyticsRows(latest))),
        button('Download timeline (CSV)', !timeline(), () => save('timeline', timelineRows(timeline())))),
      table('Of each variant', ['', ...keys], analyticsFields(latest).map(([name, values]) => [name, ...values])),
      table('Of the experiment', ['', 'Value'], overallFields(latest)));
  }

  return {element: h('section', {class: 'card', 'aria-label': 'Raw numbers'}, element), draw};
}

function button(label, disabled, onclick) {
  return h('button', {class: 'button button-small', type: 'button', disabled, onclick}, label);
}

function table(label, head, rows) {
  return h('div', {class: 'scroll raw', tabindex: '0', role: 'region', 'aria-label': label},
    h('table', {class: 'table'},
      h('thead', null, h('tr', null, head.map((name) => (name ? h('th', {scope: 'col', class: 'number'}, name) : h('td', null))))),
      h('tbody', null, rows.map(([name, ...values]) => h('tr', {'data-key': name},
        h('th', {scope: 'row', class: 'mono'}, name),
        values.map((value) => h('td', {class: 'number mono'}, shown(value))))))));
}

function shown(value) {
  if (value === null || value === undefined || value === '') return '–';
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}
