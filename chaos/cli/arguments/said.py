"""What somebody says on the command line, to be kept: a note, a reason, a name."""

from __future__ import annotations


def text(said: str) -> str:
    """Text that can be written down: what is no UTF-8, as of a terminal of another encoding, is replaced.

    Used as `type=` of an argument or an option; its name is what the help shows.
    """
    return said.encode(errors="replace").decode()
