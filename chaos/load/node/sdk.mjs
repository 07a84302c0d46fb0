// The published SDK, used as its users use it, with what it does seen from outside: its connection, its stream of jobs, its
// calls. What it leaves out (deadlines of calls, retries of acks, a new stream after a clean end of one) stays left out.

import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { Kind } from "./ledger.mjs";
import { promised } from "./process.mjs";

export const NAME_OF_NO_JOB = "chaos:nothing";

const READY = 2;
const SHUT_DOWN = 4;

/** Numbers of gRPC status codes. */
export const Code = { OK: 0, CANCELLED: 1, DEADLINE_EXCEEDED: 4, UNAVAILABLE: 14 };

/** INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, UNAUTHENTICATED. */
const CERTAIN_REFUSALS = new Set([3, 5, 7, 9, 11, 12, 16]);

/** Variables by which an environment would change the way to the core, or have calls traced. */
const NOT_OURS = ["grpc_proxy", "https_proxy", "http_proxy", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/** Whether a call that ended with this code took no effect for certain. */
export function isCertainRefusal(code) {
  return CERTAIN_REFUSALS.has(code);
}

/** The SDK's class, from the directory that it is installed in. */
export async function loadSdk(directory) {
  for (const name of NOT_OURS) delete process.env[name];
  const entry = createRequire(path.join(directory, "package.json")).resolve("reseolio");
  return (await import(pathToFileURL(entry).href)).Reseolio;
}

/**
 * A client of the SDK, seen from outside: `ledger` is told of each connection, and `seen` of what the SDK does, where it
 * has a function for that.
 *
 *   seen.calls.NAME(request, context)   a call is about to leave; it returns what is given the error and the response
 *   seen.executes(job)                  a job was received; it returns the context of its execution and of its calls
 *   seen.executed(context)              the SDK has done with it
 *   seen.streams(client, stream)        the SDK has opened a stream of jobs, and registered on it
 */
export function watched(Reseolio, ledger, seen) {
  const contexts = new AsyncLocalStorage();

  return class Watched extends Reseolio {
    #isUp = false;
    #nextUp = promised();

    timesConnected = 0;
    hasLeft = false;

    /** What goes on here is told of with this. */
    get context() {
      return contexts.getStore();
    }

    /** Do something with a context of its own. */
    within(context, something) {
      return contexts.run(context, something);
    }

    /** Whether there is a connection now. */
    get isConnected() {
      return this.#isUp;
    }

    /** Resolves once there is a connection, which is tried to be made. */
    whenConnected() {
      this.grpcClient.getChannel().getConnectivityState(true);
      return this.#isUp ? Promise.resolve() : this.#nextUp.promise;
    }

    /** Close the connection. What is under way ends without an answer, and nothing is opened anew. */
    leave() {
      this.hasLeft = true;
      this.connected = false;
      this.grpcClient.close();
    }

    connect() {
      const connecting = super.connect();
      this.#watchConnection(this.grpcClient.getChannel());
      for (const name of Object.keys(seen.calls)) this.#watchCalls(name);
      return connecting;
    }

    startWorkerLoop() {
      if (this.hasLeft) return; // the SDK has timers that it does not take back
      super.startWorkerLoop();
      seen.streams?.(this, this.workerStream);
    }

    startSubscriptionStream() {
      if (!this.hasLeft) super.startSubscriptionStream();
    }

    executeJob(job) {
      const context = seen.executes?.(job);
      return contexts.run(context, () => super.executeJob(job)).finally(() => seen.executed?.(context));
    }

    #watchCalls(name) {
      const call = this.grpcClient[name].bind(this.grpcClient);
      this.grpcClient[name] = (request, answered) => {
        const ended = seen.calls[name](request, contexts.getStore());
        return call(request, (error, response) => {
          ended(error, response);
          answered(error, response);
        });
      };
    }

    #watchConnection(channel) {
      const look = () => {
        const state = channel.getConnectivityState(false);
        if ((state === READY) !== this.#isUp) this.#changed(state === READY);
        if (state !== SHUT_DOWN) channel.watchConnectivityState(state, Infinity, look);
      };
      look();
    }

    #changed(isUp) {
      this.#isUp = isUp;
      ledger.connection(isUp ? Kind.CONNECTED : Kind.DISCONNECTED);
      if (isUp) {
        this.timesConnected += 1;
        this.#nextUp.resolve();
        this.#nextUp = promised();
      }
    }
  };
}

/** The first client that starts: one that finds no core within 5 s has given up. Null if it is not wanted any more. */
export async function started(makeClient, isUnwanted) {
  while (!isUnwanted()) {
    const client = makeClient();
    try {
      await client.start();
      return client;
    } catch (error) {
      if (client.grpcClient === null) throw error; // it did not even try to connect
      console.error(`the SDK did not start: ${error.message}`);
      client.leave();
    }
  }
  return null;
}
