// How long to wait before the next try of a call, as chaos/load/retry.py says.

import { draw } from "./chance.mjs";

const FIRST_PAUSE_S = 0.02;
const LONGEST_PAUSE_S = 1;

/** The pause after so many tries, in seconds: it doubles up to the longest one, less up to half of it, by the seed. */
export function pauseS(seed, job, tries) {
  const longest = Math.min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** Math.min(tries - 1, 16));
  return longest * (1 - 0.5 * draw(seed, "retry-pause", job, tries));
}
