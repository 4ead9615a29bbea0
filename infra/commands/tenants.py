"""`aurora tenants`: the businesses that Aurora answers for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from infra.commands.numbers import group as numbers
from infra.commands.numbers import window_in_words
from infra.commands.owners import group as owners
from infra.commands.routines import group as routines
from infra.commands.terminal import JsonOption, fail, settings_or_exit
from infra.instances import ConnectionRefusedError, connect_instance
from infra.operations.composition import operator_services
from infra.schedules import tell_schedules
from infra.tenancy import NewTenant, TenantError, create_tenant, describe_tenant, webhook_of
from shared.adapters.supabase import SupabaseDatabase
from shared.errors import AuroraError
from shared.settings import Settings

group = typer.Typer(no_args_is_help=True, help="Add, list and connect the businesses that Aurora answers for.")
group.add_typer(numbers, name="numbers")
group.add_typer(owners, name="owners")
group.add_typer(routines, name="routines")

InstanceOption = Annotated[str, typer.Option(help="The WhatsApp number's name at the gateway.")]
ProviderOption = Annotated[str, typer.Option(help="The gateway's kind.")]


@group.command("add")
def add(
    *,
    name: Annotated[str, typer.Option(help="The business's name.")],
    instance: InstanceOption,
    owner: Annotated[str, typer.Option(help="The owner's phone, such as +5511988887777.")],
    timezone: Annotated[str, typer.Option(help="The business's IANA time zone, such as America/Sao_Paulo.")],
    provider: ProviderOption = "evolution",
    owner_name: Annotated[str | None, typer.Option(help="What the owner is called.")] = None,
    locale: Annotated[str | None, typer.Option(help="pt-BR (the default) or en.")] = None,
    business_type: Annotated[str | None, typer.Option(help="Such as pet shop.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code; BRL is the default.")] = None,
    connect: Annotated[bool, typer.Option("--connect", help="Configure the webhook at the gateway, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add a business with its WhatsApp number and its owner; print the webhook's address and secret."""
    answers = {
        "name": name,
        "provider": provider,
        "instance": instance,
        "owner_phone": owner,
        "owner_name": owner_name,
        "timezone": timezone,
        "locale": locale,
        "business_type": business_type,
        "currency": currency,
    }
    settings = settings_or_exit()
    try:
        tenant = describe_tenant(answers)
    except TenantError as error:
        fail(error, status=2)
    try:
        created, problem = asyncio.run(_create(tenant, settings))
    except (TenantError, AuroraError) as error:
        fail(error)
    _show({**created, **asdict(webhook_of(tenant.provider, tenant.instance, settings))}, as_json=as_json)
    if problem is not None:
        typer.echo(f"aurora: {problem}", err=True)
    if connect:
        _connect(tenant.instance, settings)


@group.command("connect")
def connect(instance: InstanceOption) -> None:
    """Point the webhook of an Evolution instance to Aurora; create the instance if it is missing. Safe to repeat."""
    _connect(instance, settings_or_exit())


@group.command("list")
def list_tenants(as_json: JsonOption = False) -> None:
    """List the businesses and their WhatsApp numbers."""
    settings = settings_or_exit()
    try:
        tenants = asyncio.run(_list(settings))
    except AuroraError as error:
        fail(error)
    if as_json:
        typer.echo(json.dumps(tenants, ensure_ascii=False, indent=2))
        return
    for tenant in tenants:
        listed = ", ".join(_number_in_words(each) for each in tenant["instances"])
        typer.echo(f"{tenant['organization_id']}  {tenant['name']}  {tenant['timezone']}  {listed}")


def _number_in_words(number: dict[str, Any]) -> str:
    told = [number["state"]]
    if number["reply_window_hours"] is not None:
        told.append(f"reply window {window_in_words(number['reply_window_hours'])}")
    if number["in_use_since"] is not None:
        told.append(f"in use since {number['in_use_since']}")
    return f"{number['provider']}/{number['name']} ({', '.join(told)})"


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[SupabaseDatabase]:
    database = SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key)
    try:
        yield database
    finally:
        await database.aclose()


async def _create(tenant: NewTenant, settings: Settings) -> tuple[dict[str, Any], str | None]:
    """Return the tenant, and what kept the schedules from following into its time zone."""
    async with operator_services(settings) as services:
        return await create_tenant(tenant, services.database), await tell_schedules(services.queue)


async def _list(settings: Settings) -> list[dict[str, Any]]:
    async with _database(settings) as database:
        tenants: list[dict[str, Any]] = await database.call("list_tenants")
        return tenants


def _connect(instance: str, settings: Settings) -> None:
    environment = {
        "EVOLUTION_URL": settings.evolution_url,
        "EVOLUTION_API_KEY": settings.evolution_api_key,
        "PUBLIC_URL": settings.public_url,
        "WEBHOOK_SECRET": settings.webhook_secret,
    }
    try:
        asyncio.run(connect_instance(environment, instance))
    except ConnectionRefusedError as error:
        fail(f"{error}; once that is mended, run `aurora tenants connect --instance {instance}`")
    typer.echo(f"{instance} is connected", err=True)


def _show(values: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False, indent=2))
        return
    for key, value in values.items():
        typer.echo(f"{key}: {value}")
