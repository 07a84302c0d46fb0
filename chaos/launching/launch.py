"""The process of `chaos run`, started by another one: it waits for a word, and then is `chaos run`.

Whoever starts it writes down its process first and only then says the word. If that one dies in between, the word never
comes, and the process ends without having done anything.
"""

from __future__ import annotations

import runpy
import sys

GO = "go\n"
"""The word that lets it go."""
_INTERRUPTED = 4


def main() -> None:
    """Wait for the word; then run the command that the arguments are."""
    if sys.stdin.readline() != GO:
        sys.exit(_INTERRUPTED)
    runpy.run_module("chaos", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
