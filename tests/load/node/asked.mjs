// Answers what the tests in this folder ask, a line of JSON for a line of JSON.

import fs from "node:fs";
import readline from "node:readline";

import * as arrivals from "../../../chaos/load/node/arrivals.mjs";
import * as chance from "../../../chaos/load/node/chance.mjs";
import * as clock from "../../../chaos/load/node/clock.mjs";
import * as lateness from "../../../chaos/load/node/lateness.mjs";
import * as ledger from "../../../chaos/load/node/ledger.mjs";
import * as payload from "../../../chaos/load/node/payload.mjs";
import * as retry from "../../../chaos/load/node/retry.mjs";
import * as room from "../../../chaos/load/node/room.mjs";
import * as sdk from "../../../chaos/load/node/sdk.mjs";
import * as slowness from "../../../chaos/load/node/slowness.mjs";

const answers = {
  draw: (seed, purpose, ...numbers) => chance.draw(seed, purpose, ...numbers),
  arrivals: (plan) => [...arrivals.arrivals(plan)].map(({ slot, job, copy }) => [slot, job, copy]),
  due: (slot, startNs, rate, burst) => arrivals.dueNs({ slot }, BigInt(startNs), rate, burst).toString(),
  lateness: (share, durations) => {
    const histogram = new lateness.Lateness();
    for (const lateS of durations) histogram.add(lateS);
    return [histogram.quantileS(share), histogram.highestS];
  },
  payload: (...job) => JSON.stringify(payload.makePayload(...job)),
  read: (hex) => payload.readPayload(Buffer.from(hex, "hex")),
  record: (kind, detail, attempt, job, timeNs, value, serial) =>
    ledger.encode(kind, detail, attempt, job, BigInt(timeNs), BigInt(value), serial).toString("hex"),
  hash: (hex) => ledger.hashOf(Buffer.from(hex, "hex")).toString(),
  refusals: (...codes) => codes.filter(sdk.isCertainRefusal),
  name: () => sdk.NAME_OF_NO_JOB,
  pause: (seed, job, tries) => retry.pauseS(seed, job, tries),
  room: async (places, ...steps) => {
    const there = new room.Room(places);
    const told = [];
    for (const [what, who, withinS] of steps) {
      const untilNs = withinS === undefined ? null : clock.nowNs() + clock.secondsNs(withinS);
      if (what === "enter") there.enter(untilNs).then((isIn) => told.push(`${who} ${isIn ? "entered" : "gave up"}`));
      if (what === "leave") there.leave();
      if (what === "wait") await clock.sleep(withinS);
      await clock.sleep(0);
    }
    return told;
  },
  sleep: async (durationS) => {
    const untilNs = clock.nowNs() + clock.secondsNs(durationS);
    await clock.sleepUntil(untilNs);
    return Number(clock.nowNs() - untilNs) / 1e9;
  },
  execution: (plan, job) => slowness.executionS(plan, job),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, ...asked] = JSON.parse(line);
  fs.writeSync(1, `${JSON.stringify(await answers[what](...asked))}\n`);
}
