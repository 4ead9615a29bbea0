"""`aurora serve …`: one part of the stack alone. Each prints its variables as KEY=value lines, and then `ready`."""

import asyncio
import os
from collections.abc import Mapping
from typing import Annotated

import typer
from starlette.types import ASGIApp

from infra.commands.options import DEFAULT_DATA, DataOption
from infra.commands.qstash import qstash
from infra.commands.running import run
from infra.local import environment as local
from infra.local.environment import Ports, address
from infra.local.server import serving

group = typer.Typer(help="Serve one part of the stack alone.", no_args_is_help=True)
group.command("qstash")(qstash)

PortOption = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")]
PORTS = Ports()


@group.command()
def redis(port: PortOption = PORTS.redis, data: DataOption = DEFAULT_DATA) -> None:
    """Serve Upstash Redis' REST protocol over a Valkey server."""
    from infra.local.redis import create_app
    from infra.local.valkey import ValkeyServer

    async def serve(interrupted: asyncio.Event) -> int:
        with ValkeyServer(data / "valkey") as valkey:
            variables = _chosen(local.redis_environment(port))
            app = create_app(valkey.address, variables["UPSTASH_REDIS_REST_TOKEN"])
            return await _serve(app, port, variables, interrupted)

    run(serve)


@group.command()
def supabase(port: PortOption = PORTS.supabase, data: DataOption = DEFAULT_DATA) -> None:
    """Serve Supabase's data API over a PostgreSQL server, migrated and seeded."""
    from infra.local.stack import start_database
    from infra.local.supabase import GatewayConfig, create_app

    async def serve(interrupted: asyncio.Event) -> int:
        with start_database(data / "postgres") as dsn:
            variables = _chosen(local.supabase_environment(port))
            config = GatewayConfig(
                dsn=dsn,
                secret_key=variables["SUPABASE_SECRET_KEY"],
                publishable_key=local.SUPABASE_PUBLISHABLE_KEY,
            )
            return await _serve(create_app(config), port, {**variables, "DATABASE_URL": dsn}, interrupted)

    run(serve)


@group.command()
def whatsapp(port: PortOption = PORTS.whatsapp, data: DataOption = DEFAULT_DATA) -> None:
    """Serve an Evolution API stand-in with its chat page."""
    from infra.local.whatsapp import GatewayConfig, create_app

    async def serve(interrupted: asyncio.Event) -> int:
        variables = _chosen(local.whatsapp_environment(port))
        app = create_app(GatewayConfig(api_key=variables["EVOLUTION_API_KEY"], data=data / "whatsapp"))
        return await _serve(app, port, variables, interrupted)

    run(serve)


@group.command()
def llm(port: PortOption = PORTS.llm) -> None:
    """Serve an OpenAI-compatible stand-in model."""
    from infra.local.llm import ModelConfig, create_app

    async def serve(interrupted: asyncio.Event) -> int:
        variables = _chosen(local.llm_environment(port))
        return await _serve(create_app(ModelConfig(api_key=variables["OPENAI_API_KEY"])), port, variables, interrupted)

    run(serve)


@group.command()
def functions(port: PortOption = PORTS.functions) -> None:
    """Serve the functions against the addresses that the environment gives, the real services included."""
    from infra.local.functions import create_app
    from shared.bootstrap import bootstrap

    async def serve(interrupted: asyncio.Event) -> int:
        services = bootstrap()
        return await _serve(create_app(services), port, {"PUBLIC_URL": services.settings.public_url}, interrupted)

    run(serve)


def _chosen(variables: Mapping[str, str]) -> dict[str, str]:
    """Return `variables` with the keys that the environment sets instead of the stack's own; addresses stay."""
    return {
        name: value if name.endswith("_URL") else os.environ.get(name) or value for name, value in variables.items()
    }


async def _serve(app: ASGIApp, port: int, variables: Mapping[str, str], interrupted: asyncio.Event) -> int:
    async with serving(app, port=port) as url:
        for name, value in variables.items():
            typer.echo(f"{name}={value.replace(address(port), url)}")
        typer.echo("ready")
        await interrupted.wait()
    return 0
