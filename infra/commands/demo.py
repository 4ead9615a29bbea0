"""`aurora demo`: the whole stack, and a short conversation played through it."""

import asyncio
from typing import Annotated

import typer

from infra.commands.dev import print_addresses
from infra.commands.options import DEFAULT_BASE_PORT, DEFAULT_DATA, BasePortOption, DataOption, overrides
from infra.commands.running import run


def demo(
    data: DataOption = DEFAULT_DATA,
    base_port: BasePortOption = DEFAULT_BASE_PORT,
    once: Annotated[bool, typer.Option("--once", help="Exit after the conversation instead of staying up.")] = False,
) -> None:
    """Start the whole stack, play a short conversation through it and show what was said."""
    from infra.demo import BUSINESS, play, prepare
    from infra.local.stack import StackConfig, running_stack
    from infra.transcript import show, verdict

    async def play_it(interrupted: asyncio.Event) -> int:
        # The transcript is what counts here; the functions speak up only when something is wrong.
        config = StackConfig(data=data, base_port=base_port, overrides={"LOG_LEVEL": "WARNING", **overrides(base_port)})
        async with running_stack(config) as stack:
            await prepare(stack.environment)
            typer.echo("The stack is up; a conversation is being played …\n")
            transcript = await play(stack.environment)
            show(transcript)
            print_addresses(stack.addresses)
            if not once:
                typer.echo(f"\nOpen the chat page and write to {BUSINESS} yourself. Ctrl-C stops everything.")
                await interrupted.wait()
        typer.echo(verdict(transcript))
        return 0 if transcript.complete else 1

    run(play_it)
