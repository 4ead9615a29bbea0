"""`aurora services`: what a business sells."""

from typing import Annotated, Any

import typer

from infra.commands.tenant import InstanceOption, Tenant, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from infra.prices import parse_price
from shared.assistants.money import format_money

group = typer.Typer(no_args_is_help=True, help="Say what a business sells, for how much and how long it takes.")

NOT_STATED = "none"

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The service's name, case and accents aside.")]
PriceOption = Annotated[str | None, typer.Option(help='Such as 60 or 60,50; "none": not stated.')]
MinutesOption = Annotated[str | None, typer.Option(help='How long it takes, 1 to 1440; "none": not stated.')]
DescriptionOption = Annotated[str | None, typer.Option(help='What customers are told of it; "none": nothing.')]
PositionOption = Annotated[int | None, typer.Option(min=0, max=10_000, help="Its place in the list.")]


@group.command("add")
def add(
    name: NameArgument,
    *,
    instance: InstanceOption,
    price: PriceOption = None,
    minutes: MinutesOption = None,
    description: DescriptionOption = None,
    position: PositionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a service. Without minutes it is told to customers, but cannot be booked."""
    described = _described(minutes=minutes, description=description, position=position, name=name)

    async def added(tenant: Tenant) -> dict[str, Any]:
        service = described | _price(price, tenant)
        answer: dict[str, Any] = await tenant.call("add_service", service=service)
        return answer | {"shown": _row(answer["service"], tenant)}

    answer = ask_tenant(instance, added)
    if answer["outcome"] == "exists":
        fail(f"there is a service {answer['service']['name']} already; `aurora services set` changes it")
    _show(answer["service"], answer["shown"], as_json=as_json)


@group.command("set")
def change(
    name: NameArgument,
    *,
    instance: InstanceOption,
    rename: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    price: PriceOption = None,
    minutes: MinutesOption = None,
    description: DescriptionOption = None,
    position: PositionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a service. What is booked keeps the price that was agreed."""
    described = _described(minutes=minutes, description=description, position=position, name=rename)
    if not described and price is None:
        fail("say what to change: --rename, --price, --minutes, --description or --position", status=2)

    async def changed(tenant: Tenant) -> tuple[dict[str, Any], tuple[object, ...]]:
        changes = described | _price(price, tenant)
        service: dict[str, Any] = await tenant.call("change_service", name=name, changes=changes)
        return service, _row(service, tenant)

    service, row = ask_tenant(instance, changed)
    _show(service, row, as_json=as_json)


@group.command("list")
def list_services(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """List the services, in the business's own order."""

    async def listed(tenant: Tenant) -> tuple[list[dict[str, Any]], list[tuple[object, ...]]]:
        services: list[dict[str, Any]] = await tenant.call("list_services")
        return services, [_row(each, tenant) for each in services]

    services, rows = ask_tenant(instance, listed)
    if as_json:
        print_json({"services": services})
    elif not services:
        typer.echo("no services yet")
    else:
        print_table(_COLUMNS, rows)


@group.command("remove")
def remove(name: NameArgument, *, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """Take a service off the list. What is booked stays booked."""
    service: dict[str, Any] = ask_tenant(instance, lambda tenant: tenant.call("remove_service", name=name))
    if as_json:
        print_json(service)
    else:
        typer.echo(f"removed: {service['name']}")


_COLUMNS = ("name", "price", "minutes", "description")


def _row(service: dict[str, Any], tenant: Tenant) -> tuple[object, ...]:
    cents = service["price_cents"]
    price = None if cents is None else format_money(cents, currency=tenant.currency, locale=tenant.locale)
    return service["name"], price, service["duration_minutes"], service["description"]


def _show(service: dict[str, Any], row: tuple[object, ...], *, as_json: bool) -> None:
    if as_json:
        print_json(service)
    else:
        print_table(_COLUMNS, [row])


def _described(
    *, name: str | None, minutes: str | None, description: str | None, position: int | None
) -> dict[str, object]:
    """Return what was given, by column. Ends the command with status 2 for what no service can be."""
    given: dict[str, object] = {}
    if name is not None:
        if not 1 <= len(name.strip()) <= 200:
            fail("a service's name has 1 to 200 characters", status=2)
        given["name"] = name.strip()
    if minutes is not None:
        given["duration_minutes"] = _minutes(minutes)
    if description is not None:
        given["description"] = None if description.strip().lower() == NOT_STATED else description.strip() or None
    if position is not None:
        given["position"] = position
    return given


def _minutes(text: str) -> int | None:
    if text.strip().lower() == NOT_STATED:
        return None
    if not (text.strip().isdecimal() and 1 <= int(text) <= 1440):
        fail("--minutes: a service takes 1 to 1440 minutes", status=2)
    return int(text)


def _price(text: str | None, tenant: Tenant) -> dict[str, int | None]:
    if text is None:
        return {}
    if text.strip().lower() == NOT_STATED:
        return {"price_cents": None}
    try:
        return {"price_cents": parse_price(text, currency=tenant.currency)}
    except ValueError as error:
        fail(f"--price: {error}", status=2)
