import assert from 'node:assert/strict';
import {test} from 'node:test';
import {formOf, newVariant} from './form_model.js';
import {EXPERIMENT} from './sample_experiment.js';
import {differences, merged} from './merge.js';
import {updateRequest} from './request.js';

function conflict(changeMine, changeTheirs, state = 'DRAFT') {
  const [base, mine, theirs] = [formOf(EXPERIMENT), formOf(EXPERIMENT), formOf(EXPERIMENT)];
  changeMine(mine);
  changeTheirs(theirs);
  const rows = differences({base, mine, theirs, state});
  const sides = Object.fromEntries(rows.map(({path, side}) => [path, side]));
  return {rows, sides, save: (choices = sides) => updateRequest(merged({mine, theirs, rows, choices}), theirs, '18')};
}

test('what only one of them changed needs no choice', () => {
  const {sides, save} = conflict((mine) => (mine.name = 'Mine'), (theirs) => (theirs.description = 'Theirs'));
  assert.deepEqual(sides, {name: 'mine', description: 'theirs'});
  assert.deepEqual(save().body, {etag: '18', name: 'Mine'});
});

test('what both changed is for the reader to choose', () => {
  const {rows, sides, save} = conflict((mine) => (mine.name = 'Mine'), (theirs) => (theirs.name = 'Theirs'));
  assert.deepEqual(sides, {name: ''});
  const [{label, was, theirs, mine}] = rows;
  assert.deepEqual([label, was, theirs, mine], ['Name', 'Hero title', 'Theirs', 'Mine']);
  assert.equal(save({name: 'theirs'}).changed, false);
  assert.equal(save({name: 'mine'}).body.name, 'Mine');
});

test('the same change by both is none', () => {
  assert.deepEqual(conflict((mine) => (mine.share = '50'), (theirs) => (theirs.share = '50,0')).rows, []);
});

test('a variant’s parts are compared by its key', () => {
  const {sides, save} = conflict((mine) => (mine.variants[1].payload.text = 'Mine'), (theirs) => {
    theirs.variants[1].payload.text = 'Theirs';
    theirs.variants[0].name = 'As it is';
  });
  assert.deepEqual(sides, {'variants.a.name': 'theirs', 'variants.b.payload': ''});
  assert.deepEqual(save({'variants.a.name': 'theirs', 'variants.b.payload': 'mine'}).body.variants, [{key: 'b', payload: {text: 'Mine'}}]);
});

test('a variant that they added is kept, and one that they took out goes', () => {
  const {sides, save} = conflict((mine) => (mine.name = 'Mine'), (theirs) => {
    theirs.variants.splice(1, 1);
    theirs.variants.push({...newVariant('hide'), key: 'c', existing: true});
  });
  assert.deepEqual(sides, {name: 'mine', 'variants.c': 'theirs', 'variants.b': 'theirs'});
  const {body, remove} = save();
  assert.deepEqual([body, remove], [{etag: '18', name: 'Mine'}, []]);
});

test('one that they took out and I changed can come back', () => {
  const {sides, save} = conflict((mine) => (mine.variants[1].name = 'Mine'), (theirs) => theirs.variants.splice(1, 1));
  assert.deepEqual(sides, {'variants.b': ''});
  assert.deepEqual(save({'variants.b': 'mine'}).body.variants, [{key: 'b', name: 'Mine', payload: {text: 'Ship'}}]);
  assert.equal(save({'variants.b': 'theirs'}).changed, false);
});

test('both added a variant under the same key', () => {
  const add = (form, text) => form.variants.push({...newVariant('text'), payload: {...newVariant('text').payload, text}});
  const {sides} = conflict((mine) => add(mine, 'x'), (theirs) => add(theirs, 'y'));
  assert.deepEqual(sides, {'variants.c.payload': ''});
});

test('one control is left whatever is chosen', () => {
  const {rows, save} = conflict((mine) => {
    mine.variants[0].isControl = false;
    mine.variants[1].isControl = true;
  }, (theirs) => (theirs.variants = [theirs.variants[0], {...newVariant('hide'), key: 'c', existing: true}]));
  const all = (side) => Object.fromEntries(rows.map(({path}) => [path, side]));
  assert.equal(save(all('theirs')).changed, false);
  assert.deepEqual(save(all('mine')).remove, ['c']);
});

test('what the state now forbids stays theirs', () => {
  const {rows, sides} = conflict((mine) => (mine.window = {amount: '1', unit: 'days'}), (theirs) => (theirs.name = 'Started'), 'RUNNING');
  assert.equal(sides.conversion_window_seconds, 'theirs');
  assert.ok(rows.find(({path}) => path === 'conversion_window_seconds').fixed);
});
