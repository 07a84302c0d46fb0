// How late the load was, counted as it goes, in little memory.

const WIDTH = 1.1;

/** A histogram of durations whose buckets are 10 % wide, so its quantiles are that close, and never too low. */
export class Lateness {
  #counts = new Map();
  #total = 0;

  /** The longest of all, in seconds. */
  highestS = 0;

  /** Count one enqueue, sent so many seconds after it was due (less than 0: not late). */
  add(lateS) {
    const bucket = lateS > 1e-6 ? Math.ceil(Math.log(lateS / 1e-6) / Math.log(WIDTH)) : 0;
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#total += 1;
    this.highestS = Math.max(this.highestS, lateS);
  }

  /** The duration in seconds that this share of all stayed at or below; 0 if there are none. */
  quantileS(share) {
    let seen = 0;
    for (const bucket of [...this.#counts.keys()].sort((one, other) => one - other)) {
      seen += this.#counts.get(bucket);
      if (seen >= share * this.#total) return Math.min(1e-6 * WIDTH ** bucket, this.highestS);
    }
    return this.highestS;
  }
}
