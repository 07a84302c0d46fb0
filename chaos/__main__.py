"""Where `chaos` and `python -m chaos` begin. From here on Ctrl-C ends with its exit code, however early it comes."""

import os
import signal
from types import FrameType


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Nothing is started yet, so nothing is to be undone."""
    os.write(2, b"interrupted\n")
    os._exit(4)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell has its background jobs ignore it
    signal.signal(signal.SIGINT, _leave)


def main() -> None:
    """The command."""
    from chaos.cli import main as command

    command(prog_name="chaos")


if __name__ == "__main__":
    main()
