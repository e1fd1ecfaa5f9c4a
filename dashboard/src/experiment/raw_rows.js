// The analytics and the timeline as rows for a table or a file: every field, with every digit.

const FIELDS = [
  ['variant', (row) => row.variant.key],
  ['name', (row) => row.variant.name],
  ['control', (row) => row.variant.is_control],
  ['disabled', (row) => row.variant.disabled],
  ['exposures', (row) => row.exposures],
  ['conversions', (row) => row.conversions],
  ['pending_exposures', (row) => row.pending_exposures],
  ['trials', (row) => row.trials],
  ['rate', (row) => row.rate],
  ['posterior_alpha', (row) => row.posterior.alpha],
  ['posterior_beta', (row) => row.posterior.beta],
  ['posterior_mean', (row) => row.posterior.mean],
  ['interval_lower', (row) => row.credible_interval.lower],
  ['interval_upper', (row) => row.credible_interval.upper],
  ['probability_best', (row) => row.probability_best],
  ['expected_loss', (row) => row.expected_loss],
  ['allocation', (row) => row.allocation],
  ['difference_mean', (row) => row.versus_control?.difference.mean],
  ['difference_lower', (row) => row.versus_control?.difference.lower],
  ['difference_upper', (row) => row.versus_control?.difference.upper],
  ['lift_median', (row) => row.versus_control?.lift.median],
  ['lift_lower', (row) => row.versus_control?.lift.lower],
  ['lift_upper', (row) => row.versus_control?.lift.upper],
  ['probability_better', (row) => row.versus_control?.probability_better],
  ['confidence_sequence_level', (row) => row.confidence_sequence?.level],
  ['confidence_sequence_lower', (row) => row.confidence_sequence?.lower],
  ['confidence_sequence_upper', (row) => row.confidence_sequence?.upper],
  ['confidence_sequence_exposures', (row) => row.confidence_sequence?.exposures],
  ['confidence_sequence_conversions', (row) => row.confidence_sequence?.conversions],
  ['pooled_rate', (row) => row.pooled?.rate],
  ['pooled_mean', (row) => row.pooled?.mean],
  ['pooled_probability_best', (row) => row.pooled?.probability_best],
  ['stratified_rate', (row) => row.stratified?.rate],
  ['stratified_mean', (row) => row.stratified?.mean],
  ['stratified_probability_best', (row) => row.stratified?.probability_best],
];

/** A line a field, with its value of each variant: [[name, [values]]]. */
export function analyticsFields(analytics) {
  return FIELDS.map(([name, read]) => [name, analytics.variants.map(read)]);
}

/** A line a variant, under a head. */
export function analyticsRows(analytics) {
  const head = ['experiment', 'as_of', 'version', ...FIELDS.map(([name]) => name)];
  const {experiment_key: key, as_of: asOf, version} = analytics;
  return [head, ...analytics.variants.map((row) => [key, asOf, version, ...FIELDS.map(([, read]) => read(row))])];
}

/** A line a step and variant, under a head. */
export function timelineRows(timeline) {
  const head = [
    'experiment', 'start', 'end', 'version', 'variant', 'name', 'exposures', 'conversions', 'cumulative_rate', 'interval_lower', 'interval_upper',
    'probability_best', 'allocation',
  ];
  const line = (row, entry, variant) => [
    timeline.experiment_key, row.start, row.end, row.version, variant.key, variant.name, entry.exposures, entry.conversions, entry.cumulative_rate,
    entry.credible_interval?.lower, entry.credible_interval?.upper, entry.probability_best, entry.allocation,
  ];
  return [head, ...timeline.rows.flatMap((row) => row.variants.map((entry, index) => line(row, entry, timeline.variants[index])))];
}

/** What is said of the experiment as a whole: [[name, value]]. */
export function overallFields(analytics) {
  const {gain, value_remaining: remaining, verdict, comparison, delays, not_credited: uncredited} = analytics;
  return [
    ['as_of', analytics.as_of],
    ['version', analytics.version],
    ['exposures', analytics.exposures],
    ['conversions', analytics.conversions],
    ['credible_level', analytics.credible_level],
    ['gain_conversions', gain?.conversions],
    ['gain_lower', gain?.lower],
    ['gain_upper', gain?.upper],
    ['value_remaining_quantile', remaining?.quantile],
    ['value_remaining_relative', remaining?.relative],
    ['verdict_code', verdict?.code],
    ['verdict_recommendation', verdict?.recommendation],
    ['verdict_leader', verdict?.leader],
    ['verdict_threshold', verdict?.threshold],
    ['comparison_basis', comparison?.basis],
    ['comparison_swing', comparison?.swing],
    ['comparison_swing_p_value', comparison?.swing_p_value],
    ['window_seconds', delays?.window_seconds],
    ['pending_exposures', delays?.pending_exposures],
    ['delay_median_seconds', delays?.median_seconds],
    ['delay_ninth_decile_seconds', delays?.ninth_decile_seconds],
    ['not_credited_late', uncredited?.late],
    ['not_credited_never_exposed', uncredited?.never_exposed],
    ['not_credited_duplicates', uncredited?.duplicates],
    ['error_estimate', analytics.error_estimate],
  ];
}
