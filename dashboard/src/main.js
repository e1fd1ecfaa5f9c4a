// The dashboard: signs in, picks the page for the address, and draws the header.
import {Api, sessionHint} from './core/api.js';
import {hearTime} from './core/clock.js';
import {replace} from './core/dom.js';
import {connectionLine} from './ui/connection.js';
import {drawHeader} from './ui/header.js';
import {errorNotice} from './ui/notice.js';
import {accountsPage} from './pages/accounts.js';
import {auditPage} from './pages/audit.js';
import {experimentPage} from './pages/experiment.js';
import {experimentsPage} from './pages/experiments.js';
import {keysPage} from './pages/keys.js';
import {notFoundPage} from './pages/not_found.js';
import {settingsPage} from './pages/settings.js';
import {signInPage} from './pages/sign_in.js';
import {systemPage} from './pages/system.js';
import {websitePage} from './pages/website.js';
import {Router} from './core/router.js';
import {dropDrafts} from './editor/draft_keys.js';

// Loaded when it is needed.
const editorPage = async (context) => {
  try {
    const {editorPage: page} = await import('./pages/editor.js');
    if (!context.signal.aborted) page(context);
  } catch {
    if (!context.signal.aborted) replace(root, errorNotice({message: 'The page can’t be loaded. Check the connection, then try again.'}, () => location.reload()));
  }
};

const root = document.getElementById('content');
const header = document.getElementById('header');
const announcements = document.getElementById('announcements');

const api = new Api({
  fetch: async (...request) => hearTime(await fetch(...request)),
  locks: navigator.locks ?? null,
  hint: sessionHint(storage()),
  onSignedOut: () => leave(),
  onReached: connectionLine(document.getElementById('connection')),
});

const router = new Router(
  [
    ['/', experimentsPage],
    ['/login', signInPage],
    ['/accounts', accountsPage],
    ['/audit', auditPage],
    ['/keys', keysPage],
    ['/settings', settingsPage],
    ['/system', systemPage],
    ['/website', websitePage],
    ['/experiments/new', editorPage],
    ['/experiments/:id/edit', editorPage],
    ['/experiments/:id', experimentPage],
    ['/:unknown', notFoundPage],
  ],
  {api, root, announce: (text) => (announcements.textContent = text), onSignedIn: showHeader, onShow: showHeader, returnPath},
);

// Null where the browser forbids it.
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

// Where to go after signing in: the page that was asked for.
function returnPath() {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  return next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/';
}

function leave() {
  showHeader();
  if (location.pathname === '/login') return router.show();
  const here = location.pathname + location.search;
  router.go(here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`);
}

function showHeader() {
  drawHeader(header, {api, path: location.pathname, signOut});
}

async function signOut() {
  const {accountId} = api;
  try {
    await api.signOut();
    leave();
    dropDrafts(storage(), accountId);
  } catch (error) {
    announcements.textContent = error.message;
    root.prepend(errorNotice(error));
  }
}

// Links carry their token behind the '#', so that no address on any server's log has it.
const settingUp = location.pathname === '/login' && /^#(setup|password)=/.test(location.hash);

async function begin() {
  try {
    const signedIn = !settingUp && api.mayRenew && (await api.renew());
    showHeader();
    if (!signedIn && location.pathname !== '/login') {
      const here = location.pathname + location.search;
      history.replaceState(null, '', here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`);
    } else if (signedIn && location.pathname === '/login') {
      history.replaceState(null, '', returnPath());
    }
    router.start();
  } catch (error) {
    replace(root, errorNotice(error, () => begin()));
  }
}

begin();
