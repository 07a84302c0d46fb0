"""The append-only record of everything that was attempted and what came of it. docs/ledger.md has the format."""
