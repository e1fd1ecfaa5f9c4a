// The options: of the script's address (?timeout=500), over them those of window.mabConfig.

/** src: the address of this script, where it is known. */
export const readOptions = (src, config) => {
  const options = {endpoint: '', timeout: 1000, cookie: 'mab_id', days: 365, attribute: 'data-test', consent: 'off', spa: true, goals: {}};
  if (src) {
    options.endpoint = src.split('/static/frontend/')[0];
    new URL(src).searchParams.forEach((text, name) => {
      options[name] = valueOf(text);
    });
  }
  return {...options, ...config};
};

// "500" is a number, "false" a boolean, {"/thanks": "hero"} an object; all else is text.
const valueOf = (text) => {
  try {
    return JSON.parse(text);
  } catch (error) {
    return text;
  }
};
