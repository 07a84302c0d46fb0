"""`python -m chaos`."""

from chaos.cli import main

main(prog_name="chaos")
