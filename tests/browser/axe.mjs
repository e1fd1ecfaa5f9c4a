// Accessibility, as axe-core sees it.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What is wrong with the page as it is now: a line for each rule and element. Empty: nothing. */
export async function accessibilityFaults(page) {
  await page.evaluate(source); // not bound by the page's policy
  const {violations} = await page.evaluate((tags) => globalThis.axe.run(document, {runOnly: tags, resultTypes: ['violations']}), TAGS);
  return violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target.join(' ')}: ${failureSummary.split('\n').slice(1).join(' ').trim()}`));
}
