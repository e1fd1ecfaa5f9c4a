// A real Chromium, and what every test of it watches for.
import {chromium} from 'playwright-core';

/** more: further options of Playwright's. */
export function launch(more) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...more,
  });
}

/** Adds to `complaints` what the page's console, its errors and its dialogs say. That a page asks before it is left is none of them. */
export function watch(page, complaints) {
  page.setDefaultTimeout(15000);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    if (dialog.type() === 'beforeunload') return dialog.accept();
    complaints.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
}
