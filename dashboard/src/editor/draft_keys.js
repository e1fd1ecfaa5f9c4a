// Under which names drafts are kept in the browser. Alone in its file, so that signing out needs nothing else of the editor.

/** Before every draft's name, which begins with the account's id. */
export const PREFIX = 'mab:editor:1:';

/** Forgets what an account typed and did not save. storage: localStorage, or null where there is none. */
export function dropDrafts(storage, accountId) {
  try {
    for (const key of keysOf(storage)) {
      if (key.startsWith(`${PREFIX}${accountId}:`)) storage.removeItem(key);
    }
  } catch {
    // The browser forbids it: nothing was kept either.
  }
}

/** All keys of a storage. */
export function keysOf(storage) {
  return Array.from({length: storage.length}, (_, index) => storage.key(index));
}
