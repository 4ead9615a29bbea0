"""`aurora dev`: the whole stack on this machine, until Ctrl-C."""

import asyncio
from collections.abc import Mapping

import typer

from infra.commands.options import DEFAULT_BASE_PORT, DEFAULT_DATA, BasePortOption, DataOption, overrides
from infra.commands.running import run


def dev(data: DataOption = DEFAULT_DATA, base_port: BasePortOption = DEFAULT_BASE_PORT) -> None:
    """Start everything Aurora needs on this machine and stay up until Ctrl-C."""
    # Imported here, as in every command: `aurora --help` must not wait for the whole stack to load.
    from infra.demo import prepare
    from infra.local.stack import StackConfig, running_stack

    async def stay_up(interrupted: asyncio.Event) -> int:
        config = StackConfig(data=data, base_port=base_port, overrides=overrides(base_port))
        async with running_stack(config) as stack:
            await prepare(stack.environment)
            print_addresses(stack.addresses)
            typer.echo("ready")
            await interrupted.wait()
        return 0

    run(stay_up)


def print_addresses(addresses: Mapping[str, str]) -> None:
    """Print where a person or a program finds each part."""
    width = max(map(len, addresses))
    for name, url in addresses.items():
        typer.echo(f"  {name:<{width}}  {url}")
