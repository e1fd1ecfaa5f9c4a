// Light or dark, as the reader chose in the settings; without a choice as the system has it. Loaded before the first paint, as a
// file of its own, so that no page flashes in the other colours.
try {
  const chosen = localStorage.getItem('mab.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden: then it is as the system has it.
}
