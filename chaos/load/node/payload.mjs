// What a job carries, as chaos/load/payload.py makes and reads it.

import { createHash } from "node:crypto";

import { NO_JOB } from "./ledger.mjs";

const WORD = "chaos.";
const DIGEST_DIGITS = 16;
const FIELDS = "digest,fill,job,run";
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The payload of a job, whose JSON is `payloadBytes` long (longer only where its other fields need more). */
export function makePayload(run, job, payloadBytes) {
  const empty = { run, job, fill: "", digest: "0".repeat(DIGEST_DIGITS) };
  const fill = filling(payloadBytes - JSON.stringify(empty).length);
  return { run, job, fill, digest: digestOf(run, job, fill) };
}

/**
 * The run and the job in a payload, and whether it is just as it was made. Where it isn't, both are null, unless the job's
 * number and the digest bear each other out, so that only the `fill` can have changed.
 */
export function readPayload(data) {
  const unreadable = { run: null, job: null, intact: false };
  let fields;
  try {
    fields = JSON.parse(utf8.decode(data));
  } catch {
    return unreadable;
  }
  if (typeof fields !== "object" || fields === null || Object.keys(fields).sort().join() !== FIELDS) return unreadable;
  const { run, job, fill, digest } = fields;
  if (typeof run !== "string" || typeof fill !== "string" || !Number.isInteger(job)) return unreadable;
  if (job < 0 || job >= NO_JOB || /\p{Surrogate}/u.test(run + fill)) return unreadable;
  if (digest === digestOf(run, job, fill)) return { run, job, intact: true };
  if (digest === digestOf(run, job, filling([...fill].length))) return { run, job, intact: false };
  return unreadable;
}

function digestOf(run, job, fill) {
  return createHash("sha256").update(`${run}:${job}:${fill}`).digest("hex").slice(0, DIGEST_DIGITS);
}

function filling(length) {
  return length <= 0 ? "" : WORD.repeat(Math.ceil(length / WORD.length)).slice(0, length);
}
