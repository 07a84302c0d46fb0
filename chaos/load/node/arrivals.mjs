// In which order a producer enqueues, and when each enqueue is due, as chaos/load/arrivals.py says.

import { draw, happens } from "./chance.mjs";
import { rounded } from "./clock.mjs";

const FURTHEST_COPY = 1000;

/** All enqueues of a producer in their order, which the seed alone decides: each with its slot, its job, and 1 for a copy. */
export function* arrivals(plan) {
  const { first, step, seed, enqueued_twice } = plan;
  const copies = []; // of [slot, job], in order
  let last = first;
  for (const [job, copy] of calls(plan)) {
    last = job;
    yield { slot: job, job, copy };
    if (copy === 0 && happens(enqueued_twice, seed, "enqueued-twice", job)) {
      insert(copies, [job + gap(seed, job) * step, job]);
    }
    while (copies.length > 0 && copies[0][0] <= job) yield { slot: job, job: copies.shift()[1], copy: 1 };
  }
  for (const [, job] of copies) yield { slot: last, job, copy: 1 };
}

/** When an enqueue is due, in ns, if the load begins at `startNs`: the n-th job comes n / rate after it, a burst together. */
export function dueNs({ slot }, startNs, ratePerS, burst = 1) {
  return startNs + BigInt(rounded((Math.floor(slot / burst) * burst * 1e9) / ratePerS));
}

/** The enqueues that are due at their job's own time: of each job its first caller's, and those of the others. */
function* calls({ first, jobs, step, callers, jobs_a_head: apart }) {
  if (callers === 1) {
    for (let job = first; job < jobs; job += step) yield [job, 0];
    return;
  }
  const producers = step / apart;
  const mine = (first / apart) % producers;
  for (let job = first - mine * apart; job < jobs; job += apart) {
    for (let caller = 0; caller < callers; caller += 1) {
      if ((job / apart + caller) % producers === mine) yield [job, caller > 0 ? 1 : 0];
    }
  }
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
