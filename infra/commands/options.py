"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import typer

from infra.local.environment import BASE_PORT, stack_environment
from shared.settings import OPTIONAL_VARIABLES

DataOption = Annotated[
    Path, typer.Option("--data", envvar="AURORA_DATA", help="Folder that keeps the stack's state over restarts.")
]
BasePortOption = Annotated[
    int,
    typer.Option(
        "--base-port", envvar="AURORA_BASE_PORT", min=1024, max=65_000, help="First of the seven ports that are used."
    ),
]

DEFAULT_DATA = Path(".aurora")
DEFAULT_BASE_PORT = BASE_PORT


def overrides(base_port: int) -> dict[str, str]:
    """Return the variables of the process that win over those of the stack at `base_port`."""
    known = {*stack_environment(base_port), *OPTIONAL_VARIABLES}
    return {name: value for name in known if (value := os.environ.get(name))}
