"""`aurora qstash`: the QStash-compatible broker alone."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated, get_args
from urllib.parse import urlsplit

import typer

from infra.local.qstash import (
    DEV_CURRENT_SIGNING_KEY,
    DEV_NEXT_SIGNING_KEY,
    DEV_TOKEN,
    Broker,
    BrokerConfig,
    api_app,
)
from infra.local.qstash.config import Quota
from infra.local.qstash.errors import BrokerError
from infra.local.server import PortTakenError, serving

DEFAULT_PORT = 8080
DEFAULT_DATA = Path(".aurora/qstash")


def qstash(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = DEFAULT_PORT,
    data: Annotated[Path, typer.Option(help="Folder that keeps the state over restarts.")] = DEFAULT_DATA,
    memory: Annotated[bool, typer.Option("--memory", help="Keep nothing: the state ends with the process.")] = False,
    rewrite: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST=URL", help="Connect to URL for destinations on HOST. Repeatable."),
    ] = None,
    quota: Annotated[str, typer.Option(help="Apply the limits of a plan: none, free or payg.")] = "none",
    no_dev: Annotated[bool, typer.Option("--no-dev", help="Do not serve /_dev: the clock and the faults.")] = False,
) -> None:
    """Serve a durable QStash on 127.0.0.1, without an account.

    Prints its variables as KEY=value lines and then "ready". QSTASH_TOKEN, QSTASH_CURRENT_SIGNING_KEY and
    QSTASH_NEXT_SIGNING_KEY of the environment replace those of the published development user.
    """
    config = BrokerConfig(
        data=None if memory else data,
        rewrites=parse_rewrites(rewrite or []),
        dev_endpoints=not no_dev,
        quota=_parse_quota(quota),
        token=os.environ.get("QSTASH_TOKEN") or DEV_TOKEN,
        current_signing_key=os.environ.get("QSTASH_CURRENT_SIGNING_KEY") or DEV_CURRENT_SIGNING_KEY,
        next_signing_key=os.environ.get("QSTASH_NEXT_SIGNING_KEY") or DEV_NEXT_SIGNING_KEY,
    )
    try:
        asyncio.run(serve_qstash(config, port=port))
    except (PortTakenError, BrokerError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


async def serve_qstash(config: BrokerConfig, *, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises `PortTakenError`, or `BrokerError` if the data cannot be opened."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    broker = Broker(config)
    await broker.start()
    try:
        async with serving(api_app(broker), port=port) as url:
            for name, value in variables(config, url).items():
                typer.echo(f"{name}={value}")
            typer.echo("ready")
            await stopped.wait()
    finally:
        await broker.stop()


def variables(config: BrokerConfig, url: str) -> dict[str, str]:
    """Return what a project must set to use the broker at `url`."""
    return {
        "QSTASH_URL": url,
        "QSTASH_TOKEN": config.token,
        "QSTASH_CURRENT_SIGNING_KEY": config.current_signing_key,
        "QSTASH_NEXT_SIGNING_KEY": config.next_signing_key,
    }


def parse_rewrites(options: list[str]) -> dict[str, str]:
    """Return host to base URL of `HOST=URL` options. Raises `typer.BadParameter`."""
    rewrites = {}
    for option in options:
        host, _, url = option.partition("=")
        parts = urlsplit(url)
        if not host or "/" in host or parts.scheme not in ("http", "https") or not parts.hostname:
            raise typer.BadParameter(f"{option!r} is not HOST=URL, such as api.example.com=http://127.0.0.1:3000")
        rewrites[host] = url
    return rewrites


def _parse_quota(text: str) -> Quota:
    for quota in get_args(Quota):
        if quota == text:
            return quota  # type: ignore[no-any-return]  # one of the literals
    raise typer.BadParameter(f"unknown quota {text!r}; choose one of {', '.join(get_args(Quota))}")


if __name__ == "__main__":
    typer.run(qstash)
