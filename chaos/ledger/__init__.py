"""The append-only record of everything that was attempted and what came of it; see docs/ledger.md."""
