// Which draft a tab goes on with: each tab has its own, so that two of them don't write over each other. A lock says that a tab is open;
// what was left by a tab that is not, the next one takes over.
import {PREFIX} from './draft_keys.js';
import {Draft, draftsOf} from './drafts.js';

const TAB = 'mab:editor:tab';
// A page that is reloaded lets go of its lock only when the new one is there already.
const WAIT_MS = 500;

/**
 * The Draft of this tab. storage: localStorage; session: sessionStorage; each null where there is none. locks: navigator.locks, or null: then
 * a tab that is open may lose its draft to another, until it is typed into again. name: of the account and what is edited. signal: aborted
 * when the draft is given up.
 */
export async function claimDraft({storage, session, locks, name, signal, now = Date.now}) {
  const tab = await ownTab({session, locks, name, signal});
  const draft = new Draft({storage, name: `${name}:${tab}`, now});
  const own = `${PREFIX}${name}:${tab}`;
  const kept = storage ? draftsOf(storage, name) : [];
  if (kept.includes(own)) return draft;
  for (const key of kept) {
    const release = await hold(locks, key, {ifAvailable: true}, signal);
    if (!release) continue;
    draft.take(key);
    release();
    break;
  }
  return draft;
}

// A tab that is a copy of another has its name too, but not its lock.
async function ownTab({session, locks, name, signal}) {
  const known = stored(session);
  if (known && (await hold(locks, `${PREFIX}${name}:${known}`, {signal: AbortSignal.timeout(WAIT_MS)}, signal))) return known;
  const tab = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
  await hold(locks, `${PREFIX}${name}:${tab}`, {ifAvailable: true}, signal);
  try {
    session?.setItem(TAB, tab);
  } catch {
    // After a reload this is another tab, which takes over.
  }
  return tab;
}

function stored(session) {
  try {
    return session?.getItem(TAB) ?? null;
  } catch {
    return null;
  }
}

// Resolves to a function that lets go of the lock, which happens by itself when `signal` is aborted; to null where another tab has it.
function hold(locks, name, options, signal) {
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const held = (lock) => lock && new Promise((release) => {
      if (signal.aborted) release();
      signal.addEventListener('abort', release);
      resolve(release);
    });
    locks.request(name, options, held).then(() => resolve(null), () => resolve(null));
  });
}

/** sessionStorage, or null where the browser forbids it. */
export function browserSession() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
