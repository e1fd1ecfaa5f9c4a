// The density of a Beta distribution, for drawing: from logarithms on a grid, normalised by summing, so that it holds for
// parameters of a tenth as for those of a thousand million.

const CELLS = 200;
const REACH = 6; // standard deviations to either side of the mean

/**
 * The density of Beta(alpha, beta), where it is not next to nought: {x: [], density: [], peak}. x is within 0 and 1, the
 * densities are finite, and their integral is 1.
 */
export function betaDensity(alpha, beta) {
  const mean = alpha / (alpha + beta);
  const deviation = Math.sqrt((mean * (1 - mean)) / (alpha + beta + 1));
  const from = Math.max(0, mean - REACH * deviation);
  const to = Math.min(1, mean + REACH * deviation);
  const width = (to - from) / CELLS;
  const x = Array.from({length: CELLS}, (_, cell) => from + (cell + 0.5) * width);
  const logs = x.map((value) => (alpha - 1) * Math.log(value) + (beta - 1) * Math.log1p(-value));
  const highest = Math.max(...logs);
  const raw = logs.map((value) => Math.exp(value - highest));
  const area = raw.reduce((sum, value) => sum + value, 0) * width;
  return {x, density: raw.map((value) => value / area), peak: 1 / area};
}

/**
 * Curves of several posteriors for one picture: [{x, height}], heights 0 to 1. Narrow curves are taller, by the root of what
 * their density says: otherwise the variant that most have seen would flatten all others.
 */
export function curves(posteriors) {
  const densities = posteriors.map(({alpha, beta}) => betaDensity(alpha, beta));
  const tallest = Math.max(...densities.map(({peak}) => peak));
  return densities.map(({x, density, peak}) => ({x, height: density.map((value) => (value / peak) * Math.sqrt(peak / tallest))}));
}

/** Which of the labels at `centres` (px, with widths) stand in which row, so that none overlap: the lowest row that has room. */
export function labelRows(labels) {
  const ends = [];
  const rows = new Array(labels.length);
  const order = labels.map((_, index) => index).sort((a, b) => labels[a].centre - labels[b].centre);
  for (const index of order) {
    const {centre, width} = labels[index];
    let row = ends.findIndex((end) => end <= centre - width / 2);
    if (row < 0) row = ends.length;
    ends[row] = centre + width / 2;
    rows[index] = row;
  }
  return rows;
}
