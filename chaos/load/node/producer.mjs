// A producer on the SDK: it enqueues its share of the jobs, when each is due, whatever the answers do, and tries again what
// was not answered, as chaos/load/producer.py does.
//
// The SDK opens a stream of jobs for every client, and takes every job on it unless it has a handler: so it gets one for
// jobs that nobody enqueues.
//
// Arguments: the directory of the SDK, and the name of the machine's clock.

import { arrivals, dueNs } from "./arrivals.mjs";
import { before, nowNs, rounded, secondsNs, sleep, sleepUntil } from "./clock.mjs";
import { Lateness } from "./lateness.mjs";
import { hashOf, Kind, LedgerWriter } from "./ledger.mjs";
import { makePayload } from "./payload.mjs";
import { cpuS, promised, run } from "./process.mjs";
import { pauseS } from "./retry.mjs";
import { Room } from "./room.mjs";
import { Code, isCertainRefusal, loadSdk, NAME_OF_NO_JOB, started, watched } from "./sdk.mjs";

/** Enqueues under way at once, at most. Later arrivals wait, and are late. */
const MOST_OUTSTANDING = 20_000;

/** Enqueues that an outage held up and that are under way at once, at most; arrivals on time don't count. */
const RETURNING_AT_ONCE = 16;

/** How long an answer is waited for. The SDK sets no deadline: it is this script that gives up. */
const ANSWER_WITHIN_S = 10;

/** How long answers are waited for once the runner has said to stop. */
const STOP_GRACE_S = 2;

class Producer {
  #plan;
  #ledger;
  #control;
  #client = null;
  #started = promised();
  #serial = 0;
  #room = new Room(MOST_OUTSTANDING);
  #returning = new Room(RETURNING_AT_ONCE);
  #outstanding = 0;
  #idle = promised();
  #lateness = new Lateness();
  #firstNs = null;
  #lastNs = null;
  #counts = { arrived: 0, acknowledged: 0, refused: 0, retries: 0, outstanding_peak: 0, held_back: 0 };

  constructor(plan, ledger, control) {
    this.#plan = plan;
    this.#ledger = ledger;
    this.#control = control;
  }

  /** Enqueue all jobs of the plan, from when the runner says until it says to stop; what came of it. */
  async work(sdk) {
    if (this.#plan.incarnation > 1) this.#control.ready();
    const calls = { EnqueueJob: (_, call) => (error, response) => this.#answered(call, error, response) };
    const Client = watched(await loadSdk(sdk), this.#ledger, { calls });
    this.#start(Client);
    await Promise.race([this.#enqueueAll(), this.#control.stopped().then(() => this.#waitForAnswers())]);
    this.#client?.leave();
    return this.#summary();
  }

  async #start(Client) {
    const client = await started(() => clientOf(Client, this.#plan), () => this.#control.isStopped);
    if (client === null) return;
    this.#client = client;
    this.#started.resolve();
    this.#control.ready();
  }

  async #enqueueAll() {
    const startNs = await this.#control.started();
    await sleepUntil(startNs);
    const sequence = arrivals(this.#plan);
    if (this.#plan.rate_per_s === null) {
      await Promise.all(Array.from({ length: this.#plan.in_flight }, () => this.#enqueueOneByOne(sequence)));
    } else {
      await this.#enqueueWhenDue(sequence, startNs);
    }
  }

  async #enqueueOneByOne(sequence) {
    for (let next = sequence.next(); !next.done && !this.#control.isStopped; next = sequence.next()) {
      await this.#enqueue(next.value, nowNs());
    }
  }

  async #enqueueWhenDue(sequence, startNs) {
    for (const arrival of sequence) {
      const arrivalDueNs = dueNs(arrival, startNs, this.#plan.rate_per_s, this.#plan.burst);
      await sleepUntil(arrivalDueNs);
      if (!this.#room.isFree) this.#counts.held_back += 1;
      await this.#room.enter();
      if (this.#control.isStopped) return;
      this.#enqueue(arrival, arrivalDueNs).finally(() => this.#room.leave());
    }
    if (this.#outstanding > 0) await this.#idle.promise;
  }

  /** After a stop nothing new is sent, nothing is tried again, and answers are waited for a little. */
  async #waitForAnswers() {
    if (this.#outstanding > 0) await before(nowNs() + secondsNs(STOP_GRACE_S), this.#idle.promise);
  }

  /** Take one enqueue from its arrival to its answer, or to the end of the time for it. */
  async #enqueue({ job, copy }, arrivalDueNs) {
    this.#begins(arrivalDueNs);
    const giveUpNs = arrivalDueNs + secondsNs(this.#plan.give_up_after_s);
    const payload = makePayload(this.#plan.run, job, this.#plan.payload_bytes);
    const call = { job, copy, tries: 1, dueNs: arrivalDueNs };
    while (!(await this.#try(call, payload, giveUpNs)) && (await this.#canTryAgain(call, giveUpNs))) {
      call.tries += 1;
      this.#counts.retries += 1;
    }
    this.#ends();
  }

  /** Whether this try was answered. Its intent is in the ledger before it waits for anything. */
  async #try({ job, copy, tries, dueNs: value }, payload, giveUpNs) {
    const call = { job, attempt: tries, serial: this.#serial++, isOver: false, answer: promised() };
    this.#record(call, Kind.ENQUEUE_INTENDED, { detail: copy, value });
    if (tries === 1 && this.#client?.isConnected) return this.#send(call, payload);
    if (!(await this.#connected(giveUpNs))) return this.#answered(call, { code: Code.UNAVAILABLE });
    // What an outage held up is sent a few at a time: all at once would delay the arrivals that are due.
    if (!(await this.#returning.enter(giveUpNs))) return this.#answered(call, { code: Code.DEADLINE_EXCEEDED });
    try {
      return await this.#send(call, payload);
    } finally {
      this.#returning.leave();
    }
  }

  async #send(call, payload) {
    const { run, job_name } = this.#plan;
    const options = { ...optionsOf(this.#plan), idempotencyKey: `${run}:${call.job}` };
    const late = () => this.#answered(call, { code: Code.DEADLINE_EXCEEDED });
    const timer = setTimeout(late, ANSWER_WITHIN_S * 1000);
    this.#client
      .within(call, () => this.#client.enqueue(job_name, payload, options))
      .catch(() => {}); // how the call ended is told where it ends
    const isAnswered = await call.answer.promise;
    clearTimeout(timer);
    return isAnswered;
  }

  /** Take in how a try ended, the first time that this is told; whether it was answered. */
  #answered(call, error, response) {
    if (call.isOver) return false;
    call.isOver = true;
    const isRefused = error !== null && isCertainRefusal(error.code);
    if (error === null) {
      this.#ledger.id(response.jobId);
      const answer = { detail: response.deduplicated ? 1 : 0, value: hashOf(response.jobId) };
      this.#record(call, Kind.ENQUEUE_ACKNOWLEDGED, answer);
      this.#counts.acknowledged += 1;
    } else if (isRefused) {
      this.#record(call, Kind.ENQUEUE_REFUSED, { detail: error.code });
      this.#counts.refused += 1;
    } else {
      this.#record(call, Kind.ENQUEUE_UNKNOWN, { detail: error.code });
    }
    call.answer.resolve(error === null || isRefused);
    return error === null || isRefused;
  }

  /** Wait for the moment of the next try, and for a connection; false if there is to be none. */
  async #canTryAgain({ job, tries }, giveUpNs) {
    await sleep(pauseS(this.#plan.seed, job, tries));
    if (this.#control.isStopped || nowNs() >= giveUpNs) return false;
    return (await this.#connected(giveUpNs)) && !this.#control.isStopped;
  }

  /** Whether there is a connection before this time. */
  async #connected(untilNs) {
    if (this.#client === null && !(await before(untilNs, this.#started.promise))) return false;
    return this.#client.isConnected || before(untilNs, this.#client.whenConnected());
  }

  #begins(arrivalDueNs) {
    this.#lastNs = nowNs();
    this.#firstNs ??= this.#lastNs;
    this.#lateness.add(Number(this.#lastNs - arrivalDueNs) / 1e9);
    this.#counts.arrived += 1;
    if (this.#outstanding === 0) this.#idle = promised();
    this.#outstanding += 1;
    this.#counts.outstanding_peak = Math.max(this.#counts.outstanding_peak, this.#outstanding);
  }

  #ends() {
    this.#outstanding -= 1;
    if (this.#outstanding === 0) this.#idle.resolve();
  }

  #summary() {
    const { arrived, acknowledged, refused } = this.#counts;
    return {
      cpu_s: cpuS(),
      connections: this.#client?.timesConnected ?? 0,
      ...this.#counts,
      left_open: arrived - acknowledged - refused,
      late_p99_s: this.#lateness.quantileS(0.99),
      late_max_s: this.#lateness.highestS,
      sending_s: this.#firstNs === null ? 0 : Number(this.#lastNs - this.#firstNs) / 1e9,
    };
  }

  #record({ job, attempt, serial }, kind, fields) {
    this.#ledger.record(kind, { job, attempt, serial, ...fields });
  }
}

/** A client that takes no jobs, and keeps no results: the SDK keeps those that nobody has asked for. */
function clientOf(Client, { address }) {
  const client = new Client({ address, autoStart: false });
  client.durable(NAME_OF_NO_JOB, () => null);
  client.on("job:completion", ({ jobId }) => client.tryGetResult(jobId));
  return client;
}

function optionsOf({ max_attempts, backoff, initial_delay_s, max_delay_s, timeout_s }) {
  return {
    maxAttempts: max_attempts,
    backoff,
    initialDelayMs: rounded(initial_delay_s * 1000),
    maxDelayMs: rounded(max_delay_s * 1000),
    timeoutMs: rounded(timeout_s * 1000),
  };
}

await run(async (plan, control) => {
  const [sdk, clockName] = process.argv.slice(2);
  const ledger = new LedgerWriter(plan, clockName, { nowNs, fail: (error) => control.fail(error) });
  return new Producer(plan, ledger, control).work(sdk);
});
