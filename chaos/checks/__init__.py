"""Questions asked of the ledger once a run is over: loss, duplication, integrity."""
