"""`chaos completion SHELL`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  eval "$(chaos completion bash)"              in ~/.bashrc
    zsh:   eval "$(chaos completion zsh)"               in ~/.zshrc
    fish:  chaos completion fish > ~/.config/fish/completions/chaos.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None
    root = ctx.find_root().command
    click.echo(completion(root, {}, "chaos", "_CHAOS_COMPLETE").source())
