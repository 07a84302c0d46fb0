// In which order a producer enqueues, and when each enqueue is due, as chaos/load/arrivals.py says.

import { draw, happens } from "./chance.mjs";
import { rounded } from "./clock.mjs";

const FURTHEST_COPY = 1000;

/** All enqueues of a producer in their order, which the seed alone decides: each with its slot, its job, and 1 for a copy. */
export function* arrivals({ first, jobs, step, seed, enqueued_twice }) {
  const copies = []; // of [slot, job], in order
  let last = first;
  for (let job = first; job < jobs; job += step) {
    last = job;
    yield { slot: job, job, copy: 0 };
    if (happens(enqueued_twice, seed, "enqueued-twice", job)) {
      insert(copies, [job + gap(seed, job) * step, job]);
    }
    while (copies.length > 0 && copies[0][0] <= job) yield { slot: job, job: copies.shift()[1], copy: 1 };
  }
  for (const [, job] of copies) yield { slot: last, job, copy: 1 };
}

/** When an enqueue is due, in ns, if the load begins at `startNs`: the n-th job comes n / rate after it. */
export function dueNs({ slot }, startNs, ratePerS) {
  return startNs + BigInt(rounded((slot * 1e9) / ratePerS));
}

/** After how many further jobs the copy of this one comes. */
function gap(seed, job) {
  const place = draw(seed, "place-of-copy", job);
  return place < 0.5 ? 0 : Math.trunc(FURTHEST_COPY ** (2 * place - 1));
}

function insert(copies, copy) {
  const comesAfter = ([slot, job]) => slot > copy[0] || (slot === copy[0] && job > copy[1]);
  const at = copies.findIndex(comesAfter);
  copies.splice(at < 0 ? copies.length : at, 0, copy);
}
