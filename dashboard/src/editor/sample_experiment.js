// An experiment as the API answers it, for tests.
export const EXPERIMENT = {
  id: '01a20997-bdd3-7b16-99ae-5b41a692dcfa', key: 'hero-title', name: 'Hero title', description: '', state: 'DRAFT',
  variants: [
    {id: '1', key: 'a', name: 'Today', is_control: true, payload: null, weight: 1, disabled: false},
    {id: '2', key: 'b', name: 'Short', is_control: false, payload: {text: 'Ship'}, weight: 1, disabled: false},
  ],
  policy: 'THOMPSON', floor: 0.01, burn_in_exposures: 0, traffic_share: 1, prior: {alpha: 1, beta: 1}, conversion_window_seconds: 604800,
  threshold_of_caring: 0.0005, etag: '17', minimum_exposures: 100, allowed_origins: [],
};
