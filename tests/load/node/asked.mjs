// Answers what tests/load/node/test_agreement.py asks, a line of JSON for a line of JSON.

import fs from "node:fs";
import readline from "node:readline";

const here = process.argv[2];
const [chance, ledger, payload, retry, slowness] = await Promise.all(
  ["chance", "ledger", "payload", "retry", "slowness"].map((name) => import(`${here}/${name}.mjs`)),
);

const answers = {
  draw: (seed, purpose, ...numbers) => chance.draw(seed, purpose, ...numbers),
  payload: (...job) => JSON.stringify(payload.makePayload(...job)),
  read: (hex) => payload.readPayload(Buffer.from(hex, "hex")),
  record: (kind, detail, attempt, job, timeNs, value, serial) =>
    ledger.encode(kind, detail, attempt, job, BigInt(timeNs), BigInt(value), serial).toString("hex"),
  hash: (hex) => ledger.hashOf(Buffer.from(hex, "hex")).toString(),
  pause: (seed, job, tries) => retry.pauseS(seed, job, tries),
  execution: (plan, job) => slowness.executionS(plan, job),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, ...asked] = JSON.parse(line);
  fs.writeSync(1, `${JSON.stringify(answers[what](...asked))}\n`);
}
