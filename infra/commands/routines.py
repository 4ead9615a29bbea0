"""`aurora tenants routines`: when a business's routines are run, how, and which owners are told."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from infra.commands.tenant import InstanceOption, Tenant, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from infra.schedules import tell_schedules
from shared.errors import NonRetriableError
from shared.routines.routine import ROUTINES, Routine, find_routine
from shared.whatsapp.phone import parse_phone

group = typer.Typer(no_args_is_help=True, help="Say when a business's routines are run, and which owners are told.")

DEFAULT = "default"
EVERY = "all"
NONE = "none"

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SETTINGS = ", ".join(
    f"{name} of {kind} ({option.meaning})"
    for kind, routine in ROUTINES.items()
    for name, option in routine.options.items()
)


@group.command("show")
def show(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """Show the routines with their local times, and what each owner is told."""
    _show(ask_tenant(instance, lambda tenant: tenant.call("list_routines")), as_json=as_json)


@group.command("set")
def change(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(ROUTINES)}.")],
    *,
    instance: InstanceOption,
    at: Annotated[str | None, typer.Option(metavar="HH:MM", help="The business's local time.")] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is run at all.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help=f"{_SETTINGS}; {DEFAULT} takes it back. Repeatable.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change when and how a routine is run; what is not given stays."""
    routine = _routine(kind)
    options = dict(_option(routine, each) for each in option or ())
    given = {"local_time": at and _local_time(at), "enabled": enabled, "options": options or None}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        fail("say what to change: --at, --on, --off or --option", status=2)

    async def changed(tenant: Tenant) -> tuple[dict[str, Any], Iterable[str | None]]:
        await tenant.call("set_routine", kind=kind, changes=changes)
        moved = at is not None or enabled is not None
        problem = await tell_schedules(tenant.queue) if moved else None
        listed = await tenant.call("list_routines")
        return listed, (problem, too_late_to_greet(listed["routines"], await tenant.call("business_rules")))

    routines, problems = ask_tenant(instance, changed)
    _show(routines, as_json=as_json)
    for problem in filter(None, problems):
        typer.echo(f"aurora: {problem}", err=True)


def too_late_to_greet(routines: Iterable[dict[str, Any]], rules: dict[str, Any]) -> str | None:
    """Return what is wrong when greetings would be sent unasked after the day's last message has left, or None."""
    birthdays = next(each for each in routines if each["kind"] == "birthdays")
    if not (birthdays["enabled"] and birthdays["options"].get("send_to_clients") is True):
        return None
    if birthdays["local_time"] < rules["quiet_from"]:
        return None
    return (
        f"birthdays are looked at from {birthdays['local_time']} on, but messages leave until {rules['quiet_from']}:"
        " nobody is greeted on the day; choose an earlier --at"
    )


@group.command("owner")
def owner(
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="In any form, such as (11) 98888-7777.")],
    kinds: Annotated[list[str], typer.Argument(metavar="KIND…", help=f"Those to be told of, or {EVERY}, or {NONE}.")],
    *,
    instance: InstanceOption,
    as_json: JsonOption = False,
) -> None:
    """Say which routines an owner is told of."""
    wanted, canonical = _wanted(kinds), _canonical(phone)

    async def changed(tenant: Tenant) -> dict[str, Any]:
        await tenant.call("set_owner_routines", phone=canonical, kinds=wanted)
        routines: dict[str, Any] = await tenant.call("list_routines")
        return routines

    _show(ask_tenant(instance, changed), as_json=as_json)


def _show(listed: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(listed)
        return
    rows = [
        (
            each["kind"],
            each["local_time"] if each["enabled"] else "off",
            _days(find_routine(each["kind"])),
            _options(find_routine(each["kind"]), each["options"]),
        )
        for each in listed["routines"]
    ]
    print_table(("routine", "at", "days", "options"), rows)
    typer.echo(f"times of {listed['timezone']}")
    print_table(
        ("owner", "name", "told of"),
        [(each["phone"], each["name"], _told(each["kinds"])) for each in listed["owners"]],
        whole=("owner",),
    )


def _days(routine: Routine) -> str:
    return "daily" if len(routine.weekdays) == len(_DAYS) else ", ".join(_DAYS[day - 1] for day in routine.weekdays)


def _options(routine: Routine, given: dict[str, Any]) -> str:
    """Return every option with its value, the default's where the business said nothing."""
    values = {name: given.get(name, option.default) for name, option in routine.options.items()}
    return " ".join(f"{name}={_value(value)}" for name, value in values.items())


def _value(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _told(kinds: Iterable[str] | None) -> str:
    return EVERY if kinds is None else ", ".join(kinds) or NONE


def _routine(kind: str) -> Routine:
    """Return a routine; a kind that there is not ends the command with status 2."""
    try:
        return find_routine(kind)
    except NonRetriableError as error:
        fail(error, status=2)


def _option(routine: Routine, text: str) -> tuple[str, bool | int | None]:
    """Read NAME=VALUE; None for the default. What a routine does not take ends the command with status 2."""
    name, _, value = text.partition("=")
    known = routine.options.get(name)
    if known is None:
        fail(f"--option: {routine.kind} has {', '.join(routine.options) or 'no options'}, not {name}", status=2)
    if value == DEFAULT:
        return name, None
    try:
        return name, known.read(value)
    except ValueError as error:
        fail(f"--option: {name} {error}", status=2)


def _local_time(text: str) -> str:
    """Return a time as HH:MM; what is none ends the command with status 2."""
    if _TIME.fullmatch(text) is None:
        fail(f"--at: {text} is no time such as 07:30, from 00:00 to 23:59", status=2)
    return text


def _wanted(kinds: list[str]) -> list[str] | None:
    """Return the kinds, None for all; a word for all or none beside others ends the command with status 2."""
    for word, meant in ((EVERY, None), (NONE, [])):
        if kinds == [word]:
            return meant
        if word in kinds:
            fail(f"{word} stands alone, without {', '.join(kind for kind in kinds if kind != word) or word}", status=2)
    return [_routine(kind).kind for kind in kinds]


def _canonical(phone: str) -> str:
    """Return the number in its one spelling; one that cannot be a number ends the command with status 2."""
    try:
        return parse_phone(phone)
    except ValueError as error:
        fail(error, status=2)
