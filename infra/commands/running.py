"""Runs a command's coroutine until it ends or the user presses Ctrl-C, and turns expected errors into one line."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

import httpx
import typer

from infra.errors import InfraError
from shared.errors import AuroraError


def run(command: Callable[[asyncio.Event], Awaitable[int]]) -> None:
    """Run `command` with an event that is set at Ctrl-C or SIGTERM, and exit with the status it returns.

    An expected error is printed as one line on standard error; the exit status is then 1.
    """
    try:
        status = asyncio.run(_until_interrupted(command))
    except (InfraError, AuroraError, httpx.HTTPError) as error:
        typer.echo(f"aurora: {error}", err=True)
        status = 1
    raise typer.Exit(status)


async def _until_interrupted(command: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(each, interrupted.set)
    return await command(interrupted)
