// A worker on the SDK: it executes jobs, several at a time, and records each step, as chaos/load/worker.py does.
//
// An execution begins with the receipt of its job and is a sleep; whether it fails, and whether it takes longer than
// others, is drawn from the seed. How it is acknowledged, and when a stream is opened anew, is the SDK's business.
//
// Arguments: the directory of the SDK, and the name of the machine's clock.

import { happens } from "./chance.mjs";
import { nowNs, sleep } from "./clock.mjs";
import { hashOf, Kind, LedgerWriter, NO_JOB, Outcome, Payload } from "./ledger.mjs";
import { readPayload } from "./payload.mjs";
import { cpuS, LoadError, promised, run } from "./process.mjs";
import { Code, isCertainRefusal, loadSdk, NAME_OF_NO_JOB, started, watched } from "./sdk.mjs";
import { executionS } from "./slowness.mjs";

const ANSWER_WITHIN_MS = 10_000;

class Worker {
  #plan;
  #ledger;
  #control;
  #client = null;
  #serial = 0;
  #underWay = new Set();
  #idle = promised();
  #counts = { executions: 0, acknowledged: 0, refused: 0 };

  constructor(plan, ledger, control) {
    this.#plan = plan;
    this.#ledger = ledger;
    this.#control = control;
  }

  /**
   * Register, say that the worker is ready, and execute what comes until told to stop; what came of it.
   *
   * The load waits for a worker's first registration. One that comes back is not waited for: what it registers with may
   * be broken just then, too.
   */
  async work(sdk) {
    if (this.#plan.incarnation > 1) this.#control.ready();
    const Client = watched(await loadSdk(sdk), this.#ledger, {
      calls: { AckJob: (request, execution) => this.#acknowledge(request, execution) },
      executes: (job) => this.#receive(job),
      executed: (execution) => this.#end(execution),
      streams: (client, stream) => this.#watch(client, stream),
    });
    const starting = started(() => this.#clientOf(Client), () => this.#control.isStopped);
    await Promise.race([starting, this.#control.stopped()]);
    await this.#control.stopped();
    await this.#finish();
    return this.#summary();
  }

  #clientOf(Client) {
    const { address, concurrency, fired, job_name, timeout_s } = this.#plan;
    this.#client = new Client({ address, workerConcurrency: concurrency, autoStart: false });
    const timeoutMs = Math.round(timeout_s * 1000);
    for (const name of [job_name, ...fired]) {
      this.#client.durable(name, () => this.#execute(this.#client.context), { timeoutMs });
    }
    return this.#client;
  }

  /**
   * Be ready once the core has taken the worker on, and notice the end of its stream.
   *
   * The contract has no answer to a registration. So the core is asked something after it, over the same connection: it
   * has both once it answers that, whatever it answers.
   */
  #watch(client, stream) {
    let isOpen = true;
    stream.on("status", ({ code, details }) => {
      isOpen = false;
      if (!client.hasLeft) this.#streamEnded(code, details);
    });
    client.grpcClient.ListJobs({ limit: 1 }, { deadline: Date.now() + ANSWER_WITHIN_MS }, () => {
      if (isOpen) this.#control.ready();
    });
  }

  #streamEnded(code, details) {
    if (isCertainRefusal(code)) {
      const refusal = `${this.#plan.address} refuses to give jobs to a worker: ${code}: ${details}`;
      this.#control.fail(new LoadError(refusal));
    }
    const isDeaf = code === Code.OK || code === Code.CANCELLED;
    const next = isDeaf ? "the SDK opens no other one: this worker gets no more jobs" : "the SDK opens another one";
    console.error(`the stream of jobs ended with status ${code} (${details}), and ${next}`);
  }

  #receive({ id, args, attempt }) {
    const content = readPayload(args);
    const isOurs = content.run === this.#plan.run;
    const execution = {
      job: isOurs ? content.job : NO_JOB,
      attempt,
      serial: this.#serial++,
      isFinished: false,
      answer: null,
    };
    const payload = isOurs && content.intact ? Payload.INTACT : Payload.CORRUPTED;
    this.#record(execution, Kind.EXECUTION_STARTED, payload, hashOf(id));
    this.#counts.executions += 1;
    this.#underWay.add(execution);
    return execution;
  }

  async #execute(execution) {
    const { job, attempt, serial } = execution;
    const { seed, failure_rate, component, incarnation } = this.#plan;
    await sleep(executionS(this.#plan, job));
    if (execution.isFinished) return null; // the SDK has given up on it, because its time was over
    const fails = happens(failure_rate, seed, "job-failure", job, attempt);
    this.#finishExecution(execution, fails ? Outcome.FAILURE : Outcome.SUCCESS);
    if (fails) throw new Error("a failure drawn from the seed");
    return { job: job === NO_JOB ? null : job, worker: `${component}.${incarnation}`, execution: serial };
  }

  #finishExecution(execution, outcome) {
    execution.isFinished = true;
    this.#record(execution, Kind.EXECUTION_FINISHED, outcome);
  }

  #acknowledge({ result: { success, shouldRetry, returnValue } }, execution) {
    const outcome = success ? Outcome.SUCCESS : shouldRetry ? Outcome.FAILURE : Outcome.FAILURE_NO_RETRY;
    if (!execution.isFinished) this.#finishExecution(execution, outcome);
    this.#record(execution, Kind.ACK_INTENDED, outcome, hashOf(returnValue ?? ""));
    return (error, response) => {
      if (error === null) {
        this.#record(execution, Kind.ACK_ACKNOWLEDGED, outcome, response.newStatus);
        execution.answer = "acknowledged";
      } else if (isCertainRefusal(error.code)) {
        this.#record(execution, Kind.ACK_REFUSED, outcome, error.code);
        execution.answer = "refused";
      } else {
        this.#record(execution, Kind.ACK_UNKNOWN, outcome, error.code);
      }
    };
  }

  #end(execution) {
    this.#underWay.delete(execution);
    if (execution.answer !== null) this.#counts[execution.answer] += 1;
    if (this.#underWay.size === 0) this.#idle.resolve();
  }

  /** Ask for no more jobs, and see to the end of those that are here, within the time they have. */
  async #finish() {
    if (this.#client?.grpcClient == null) return;
    const { workerStream, workerId, isConnected } = this.#client;
    if (isConnected) workerStream.write({ workerId, names: [NAME_OF_NO_JOB], concurrency: 1 });
    if (this.#underWay.size > 0) {
      this.#idle = promised();
      await Promise.race([this.#idle.promise, sleep(this.#plan.timeout_s)]);
    }
    this.#client.leave();
  }

  #summary() {
    const { executions, acknowledged, refused } = this.#counts;
    const cut_off = this.#underWay.size;
    const left_open = executions - acknowledged - refused - cut_off;
    const connections = this.#client?.timesConnected ?? 0;
    return { cpu_s: cpuS(), connections, executions, acknowledged, refused, left_open, cut_off };
  }

  #record({ job, attempt, serial }, kind, detail, value = 0) {
    this.#ledger.record(kind, { detail, attempt, job, value, serial });
  }
}

await run(async (plan, control) => {
  const [sdk, clockName] = process.argv.slice(2);
  const ledger = new LedgerWriter(plan, clockName, { nowNs, fail: (error) => control.fail(error) });
  return new Worker(plan, ledger, control).work(sdk);
});
