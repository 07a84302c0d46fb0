"""Chaos engineering for durable job queues.

An experiment breaks the real processes of a queue while it works, and proves from a ledger of everything
that was attempted whether a job was lost or repeated.
"""

__version__ = "0.1.0"
