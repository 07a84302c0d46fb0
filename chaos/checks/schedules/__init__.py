"""Whether schedules fired as they were due: from the ledger's records about them, and the runner's events.

- `lives`: how each schedule was at which time, as far as that is certain, and when it fired
- `outages`: when no core could fire
- `judging`: due times against fires
- `calls`: how long calls about schedules took
- `answer`: what the check says, with its witnesses
"""
