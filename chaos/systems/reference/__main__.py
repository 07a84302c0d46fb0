"""`python -m chaos.systems.reference`: the queue as a process of its own."""

from __future__ import annotations

import sys

from chaos.systems.reference.server import main

if __name__ == "__main__":
    sys.exit(main())
