// What a look at a website found, in words.
import {formatState} from '../core/format.js';

/**
 * [{status: good | unsure | bad, text}] of a report of POST /api/websites:check. states: by key, of the experiments that were
 * asked for; null: there is none. origin: of this system.
 */
export function findings(report, states, origin) {
  return [...ofTheAnswer(report), ...ofTheScript(report, origin), ...report.hindrances.map(bad), ...ofTheMarks(report, states)];
}

const good = (text) => ({status: 'good', text});
const unsure = (text) => ({status: 'unsure', text});
const bad = (text) => ({status: 'bad', text});

function ofTheAnswer({status, truncated}) {
  return [
    status >= 400 && bad(`The website answers with ${status}: what you see here is its error page.`),
    truncated && unsure('The page is larger than the 2 MiB that were read; there may be more.'),
  ].filter(Boolean);
}

function ofTheScript({scripts, tag_managers: managers}, origin) {
  if (scripts.length > 1) return [unsure(`The page loads the script twice: ${scripts.join(' and ')}. The second does nothing; leave it out.`)];
  if (scripts.length === 1) {
    const [script] = scripts;
    const elsewhere = /^https?:\/\//.test(script) && !script.startsWith(`${origin}/`);
    return [elsewhere
      ? unsure(`The page loads the script from ${script}, not from ${origin}. That is right where the website hands it on, or this system has several names.`)
      : good(`The page loads the script: ${script}`)];
  }
  if (managers.length > 0) return [unsure(`The page itself does not load the script; ${managers.join(', ')} may load it, which can’t be seen from here. In the page’s console, mab.debug() says whether it does.`)];
  return [bad('The page does not load the script. Paste the script tag into its head.')];
}

function ofTheMarks({experiments}, states) {
  if (experiments.length === 0) return [unsure('Nothing in the page is marked. That is right where a framework draws it later; otherwise mark elements with data-test.')];
  return experiments.map(({key, elements, goals}) => {
    const what = [elements > 0 && counted(elements, 'element'), goals > 0 && counted(goals, 'goal')].filter(Boolean).join(', ');
    const state = states[key];
    if (state === null) return bad(`“${key}” (${what}): there is no experiment with this key. Look at the spelling.`);
    if (state === undefined || state === 'RUNNING' || state === 'COMPLETED') return good(`“${key}” (${what})${state ? `: ${formatState(state).toLowerCase()}` : ''}.`);
    return unsure(`“${key}” (${what}): is ${formatState(state).toLowerCase()}, so visitors see the page as it is.`);
  });
}

function counted(count, name) {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
