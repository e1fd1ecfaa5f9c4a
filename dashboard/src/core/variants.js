// Variants in sentences.

/** The name in quotation marks. */
export function quoted(variant) {
  return `“${variant?.name || variant?.key || 'a variant that is gone'}”`;
}

export function controlOf(experiment) {
  return experiment.variants.find((variant) => variant.is_control) ?? experiment.variants[0];
}
