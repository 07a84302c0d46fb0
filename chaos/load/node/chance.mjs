// Draws that the seed decides and nothing else moves: the same as those of chaos/chance.py.

import { createHash } from "node:crypto";

/** A number in [0, 1) that depends on nothing but the arguments. The seed may be a number or its digits. */
export function draw(seed, purpose, ...numbers) {
  const digest = createHash("sha256").update(`${seed}:${purpose}:${numbers.join(":")}`).digest();
  return Number(digest.readBigUInt64LE(0) >> 11n) / 2 ** 53;
}

/** Whether an event of this probability (0 to 1) happens in this draw. */
export function happens(probability, seed, purpose, ...numbers) {
  return probability > 0 && draw(seed, purpose, ...numbers) < probability;
}
