// Which jobs take longer than the others, and how long, as chaos/load/slowness.py says.

import { draw, happens } from "./chance.mjs";

/** How long an execution of this job takes, in seconds. */
export function executionS(plan, job) {
  if (!happens(plan.slow_share, plan.seed, "slow-job", job)) return plan.duration_s;
  const spreadS = plan.slow_at_most_s - plan.slow_at_least_s;
  return plan.slow_at_least_s + spreadS * draw(plan.seed, "slow-duration", job);
}
