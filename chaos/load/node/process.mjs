// What producers and workers have in common: the plan, the runner's commands, the last words and the exit code, as
// chaos/load/plan.py and chaos/load/process.py have them.

import { Console } from "node:console";
import fs from "node:fs";

const Exit = { DONE: 0, ORPHANED: 4, FAILED: 5 };
const STDOUT = 1;

/** This process can't go on, through no fault of its own; the message says why. */
export class LoadError extends Error {}

/** The line to the runner. Its end ends the process. */
class Control {
  #exit = Exit.ORPHANED;
  #text = "";
  #plan = promised();
  #start = promised();
  #stop = promised();
  #hasPlan = false;
  #saidReady = false;

  /** Whether the runner has asked this process to finish. */
  isStopped = false;

  constructor() {
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (text) => this.#listen(text));
    process.stdin.on("end", () => process.exit(this.#exit));
  }

  /** What this process is to do. */
  plan() {
    return this.#plan.promise;
  }

  /** When the load begins, in ns of the machine's monotonic clock, once the runner has said so. */
  started() {
    return this.#start.promise;
  }

  /** Resolves once the runner has asked this process to finish. */
  stopped() {
    return this.#stop.promise;
  }

  /** Tell the runner that the process can begin; once. */
  ready() {
    if (!this.#saidReady) say("ready");
    this.#saidReady = true;
  }

  /** Say that nothing is left to do, and stay until the runner lets this process go. */
  async done(summary) {
    this.#exit = Exit.DONE;
    say(`done ${JSON.stringify(summary)}`);
    await this.stopped();
    process.exit(Exit.DONE);
  }

  /** Say why this process can't go on, and exit. */
  fail(error) {
    const why = error instanceof LoadError ? error.message : `${error?.name}: ${error?.message}`;
    say(`failed ${why.replaceAll(/\s+/g, " ")}`);
    console.error(error?.stack);
    process.exit(Exit.FAILED);
  }

  #listen(text) {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop();
    for (const line of lines) this.#take(line);
  }

  #take(line) {
    const go = line.match(/^go (\d+)$/);
    if (!this.#hasPlan) {
      this.#hasPlan = true;
      this.#plan.resolve(parsePlan(line));
    } else if (go !== null) {
      this.#start.resolve(BigInt(go[1]));
    } else if (line === "stop") {
      this.isStopped = true;
      this.#stop.resolve();
    } else {
      this.fail(new LoadError(`the runner sent an unknown command: ${JSON.stringify(line.slice(0, 80))}`));
    }
  }
}

/**
 * Be a load process: read the plan, do the work, say `done` or `failed`, and exit.
 *
 * Ctrl-C is for the runner to decide about. Whatever is printed goes to the log: the standard output belongs to the
 * runner. `work` is given the plan and the control, and resolves to the summary.
 */
export async function run(work) {
  globalThis.console = new Console(process.stderr, process.stderr);
  const control = new Control();
  process.on("SIGINT", () => {});
  process.on("uncaughtException", (error) => control.fail(error));
  await control.done(await work(await control.plan(), control));
}

/** CPU time of this process in seconds, from its start. */
export function cpuS() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A promise that is resolved from outside. */
export function promised() {
  let resolve;
  const promise = new Promise((resolver) => {
    resolve = resolver;
  });
  return { promise, resolve };
}

/** The plan in a line. Its seed stays text: it may have more digits than a number holds. */
function parsePlan(line) {
  return JSON.parse(line.replace(/"seed":(\d+)/, '"seed":"$1"'));
}

function say(line) {
  try {
    fs.writeSync(STDOUT, `${line}\n`);
  } catch {
    process.exit(Exit.ORPHANED); // nobody listens: the runner is gone
  }
}
