"""`aurora env`: the local stack's variables, for a shell or an env file."""

import shlex
from typing import Annotated

import typer

from infra.commands.options import DEFAULT_BASE_PORT, BasePortOption
from infra.local.environment import stack_environment


def env(
    base_port: BasePortOption = DEFAULT_BASE_PORT,
    export: Annotated[bool, typer.Option(help="Put `export` before each line, for `eval` in a shell.")] = True,
) -> None:
    """Print the variables of the local stack: eval "$(aurora env)"."""
    for name, value in stack_environment(base_port).items():
        typer.echo(f"{'export ' if export else ''}{name}={shlex.quote(value)}")
