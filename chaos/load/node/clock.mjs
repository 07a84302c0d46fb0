// The machine's monotonic clock, in nanoseconds as a bigint, and sleeping by it.

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Nanoseconds on the machine's monotonic clock. */
export function nowNs() {
  return process.hrtime.bigint();
}

/** Seconds as nanoseconds. */
export function secondsNs(seconds) {
  return BigInt(Math.round(seconds * 1e9));
}

/** Sleep until then, and no shorter; give others a turn in any case. */
export async function sleepUntil(timeNs) {
  do {
    const leftMs = Number(timeNs - nowNs()) / 1e6;
    if (leftMs <= 0) {
      await new Promise(setImmediate);
    } else {
      await new Promise((resolve) => setTimeout(resolve, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS)));
    }
  } while (nowNs() < timeNs);
}

/** Sleep for so many seconds. */
export function sleep(seconds) {
  return sleepUntil(nowNs() + secondsNs(seconds));
}
