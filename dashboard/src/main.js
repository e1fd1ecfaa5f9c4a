// The dashboard: signs in, picks the page for the address, and draws the header.
import {Api, sessionHint} from './core/api.js';
import {hearTime} from './core/clock.js';
import {h, replace, update} from './core/dom.js';
import {linkOf, nextOf} from './core/links.js';
import {poll} from './core/poll.js';
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
const problem = document.getElementById('problem');
const announcements = document.getElementById('announcements');

const api = new Api({
  fetch: async (...request) => hearTime(await fetch(...request)),
  locks: navigator.locks ?? null,
  hint: sessionHint(storage()),
  onSignedOut: () => leave(),
  onOtherAccount: () => location.reload(),
  onReached: connectionLine(document.getElementById('connection'), () => api.health()),
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
  {api, root, announce: (text) => (announcements.textContent = text), onSignedIn: enter, onShow},
);

// Null where the browser forbids it.
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function onShow() {
  showHeader();
  replace(problem);
}

// Somebody signed in: the page that was asked for, or the first where he is new.
function enter({isNew}) {
  const {path, isPage} = isNew ? {path: '/', isPage: true} : nextOf(location.search, location.origin, (one) => router.has(one));
  if (isPage) router.go(path);
  else location.assign(path);
}

function leave() {
  showHeader();
  if (location.pathname === '/login') return router.show();
  router.go(signInPath());
}

function signInPath() {
  const here = location.pathname + location.search;
  return here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`;
}

function showHeader() {
  drawHeader(header, {api, path: location.pathname, signOut});
}

async function signOut() {
  const {accountId} = api;
  replace(problem);
  try {
    await api.signOut();
    leave();
    dropDrafts(storage(), accountId);
  } catch (error) {
    const message = `Signing out didn’t work. ${error.message}`;
    replace(problem, h('section', {'aria-label': 'Signing out'}, errorNotice({...error, message}, signOut)));
  }
}

// The first page, once it is known who is signed in. While that can't be said it is asked again; how the system is can be said
// without it.
function begin() {
  const starting = new AbortController();
  let isShown = false;

  const asking = poll({
    signal: starting.signal,
    everyMs: 2000,
    load: async () => {
      let signedIn;
      try {
        signedIn = !isLink() && (api.signedIn || (api.mayRenew && (await api.renew())));
      } catch (error) {
        if (!isShown && location.pathname === '/system') {
          isShown = true;
          router.start();
        }
        if (!isShown) showWait(error, () => asking.now());
        throw error;
      }
      starting.abort();
      if (isShown) goOn(signedIn);
      else start(signedIn);
    },
  });
}

const isLink = () => location.pathname === '/login' && linkOf(location.hash) !== null;

function start(signedIn) {
  if (!signedIn && location.pathname !== '/login') {
    history.replaceState(null, '', signInPath());
  } else if (signedIn && location.pathname === '/login') {
    const {path, isPage} = nextOf(location.search, location.origin, (one) => router.has(one));
    if (!isPage) return location.replace(path);
    history.replaceState(null, '', path);
  }
  router.start();
}

// A page was shown without a session meanwhile. The one about the system goes on by itself.
function goOn(signedIn) {
  if (!signedIn) {
    if (location.pathname !== '/login') leave();
  } else if (location.pathname === '/system') {
    showHeader();
  } else {
    router.show();
  }
}

function showWait(error, retry) {
  showHeader();
  update(root,
    errorNotice(error, retry),
    h('p', {class: 'faint'}, 'This page comes by itself once the server can say who you are. ', h('a', {href: '/system'}, 'How the system is')));
}

begin();
