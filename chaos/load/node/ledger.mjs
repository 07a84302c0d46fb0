// Appending to a ledger, as docs/ledger.md describes it: each record is one write(2), before anything else happens.

import { createHash } from "node:crypto";
import fs from "node:fs";

import { LoadError } from "./process.mjs";

export const NO_JOB = 0xffff_ffff;

export const Kind = {
  ENQUEUE_INTENDED: 1,
  ENQUEUE_ACKNOWLEDGED: 2,
  ENQUEUE_REFUSED: 3,
  ENQUEUE_UNKNOWN: 4,
  EXECUTION_STARTED: 5,
  EXECUTION_FINISHED: 6,
  ACK_INTENDED: 7,
  ACK_ACKNOWLEDGED: 8,
  ACK_REFUSED: 9,
  ACK_UNKNOWN: 10,
  CONNECTED: 12,
  DISCONNECTED: 13,
};

export const Outcome = { SUCCESS: 1, FAILURE: 2, FAILURE_NO_RETRY: 3 };

export const Payload = { INTACT: 0, CORRUPTED: 1 };

const CHECK = 0x5eed1ed6;
const HEADER_BYTES = 256;
const RECORD_BYTES = 32;
const HIGHEST_ATTEMPT = 0xffff;

/** A ledger can't be written any further. */
class LedgerWriteFailed extends LoadError {
  constructor(path, error) {
    super(`the ledger can't be written: ${path}: ${error.message}: make room or mend the file system, or choose ` +
      "another place with --runs");
  }
}

/** What stands for a job id or a result in a record; 0 for an empty one. */
export function hashOf(data) {
  return data.length === 0 ? 0n : createHash("sha256").update(data).digest().readBigUInt64LE(0);
}

/** One record, with its check word. */
export function encode(kind, detail, attempt, job, timeNs, value, serial) {
  const bytes = Buffer.allocUnsafe(RECORD_BYTES);
  bytes[0] = kind;
  bytes[1] = detail;
  bytes.writeUInt16LE(Math.min(Math.max(attempt, 0), HIGHEST_ATTEMPT), 2);
  bytes.writeUInt32LE(job, 4);
  bytes.writeBigUInt64LE(timeNs, 8);
  bytes.writeBigUInt64LE(BigInt(value), 16);
  bytes.writeUInt32LE(serial, 24);
  let check = CHECK;
  for (let at = 0; at < 28; at += 4) check ^= bytes.readUInt32LE(at);
  bytes.writeUInt32LE(check >>> 0, 28);
  return bytes;
}

/**
 * The ledger file of one process, and its file of ids.
 *
 * A write that fails or falls short ends the writing for good: `fail` is called with the error, and must end the process.
 * To throw alone would not do: what the SDK calls, it also catches.
 */
export class LedgerWriter {
  #file;
  #ids = null;
  #path;
  #fsync;
  #clock;
  #fail;

  constructor(plan, clockName, { nowNs, fail }) {
    const stem = `${plan.ledger}/${plan.component}.${plan.incarnation}`;
    this.#path = { records: `${stem}.ledger`, ids: `${stem}.ids` };
    this.#fsync = plan.fsync;
    this.#clock = nowNs;
    this.#fail = fail;
    const format = { format: "chaos-ledger", version: 3 };
    const { run, component, incarnation } = plan;
    const header = JSON.stringify({ ...format, run, component, incarnation, pid: process.pid, clock: clockName });
    const bytes = Buffer.alloc(HEADER_BYTES, " ");
    bytes.write(header);
    bytes[HEADER_BYTES - 1] = 0x0a;
    this.#file = this.#open(this.#path.records, bytes);
  }

  /** Append a record about a job. */
  record(kind, { detail = 0, attempt, job, value = 0, serial }) {
    this.#append(this.#file, this.#path.records, encode(kind, detail, attempt, job, this.#clock(), value, serial));
  }

  /** A connection to the system came about, or ended. */
  connection(kind) {
    this.record(kind, { attempt: 0, job: NO_JOB, serial: 0 });
  }

  /** Append a job id to the file of ids, ahead of the record that it belongs to. */
  id(jobId) {
    this.#ids ??= this.#create(this.#path.ids);
    const line = jobId.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
    this.#append(this.#ids, this.#path.ids, Buffer.from(`${line}\n`));
  }

  /** A new ledger file, open for appending; nobody ever sees it without its whole header. */
  #open(path, header) {
    const unfinished = `${path}.new`;
    const file = this.#create(unfinished);
    try {
      if (fs.existsSync(path)) throw new Error("it exists already");
      if (fs.writeSync(file, header) !== header.length) throw new Error("its header could not be written whole");
      fs.closeSync(file);
      fs.renameSync(unfinished, path);
      return fs.openSync(path, "a");
    } catch (error) {
      fs.rmSync(unfinished, { force: true });
      return this.#fail(new LedgerWriteFailed(path, error));
    }
  }

  #create(path) {
    try {
      return fs.openSync(path, "ax");
    } catch (error) {
      return this.#fail(new LedgerWriteFailed(path, error));
    }
  }

  #append(file, path, piece) {
    try {
      const written = fs.writeSync(file, piece);
      if (written !== piece.length) throw new Error(`only ${written} of ${piece.length} bytes could be written`);
      if (this.#fsync) fs.fdatasyncSync(file);
    } catch (error) {
      this.#fail(new LedgerWriteFailed(path, error));
    }
  }
}
