// The machine's monotonic clock, in nanoseconds as a bigint, and sleeping by it.

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Nanoseconds on the machine's monotonic clock. */
export function nowNs() {
  return process.hrtime.bigint();
}

/** Seconds as nanoseconds. */
export function secondsNs(seconds) {
  return BigInt(rounded(seconds * 1e9));
}

/** The nearest whole number; of two, the even one. */
export function rounded(number) {
  const whole = Math.floor(number);
  const rest = number - whole;
  return rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
}

/** Whether a promise is fulfilled before this time. */
export async function before(timeNs, promise) {
  let timer;
  const late = new Promise((resolve) => {
    const leftMs = Math.max(0, Number(timeNs - nowNs()) / 1e6);
    timer = setTimeout(() => resolve(false), Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
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
