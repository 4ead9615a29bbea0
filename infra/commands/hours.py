"""`aurora hours`: when a business opens, and how it may be booked."""

from typing import Annotated, Any

import typer

from infra.commands.tenant import InstanceOption, Tenant, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from infra.opening_hours import DAYS, hours_in_words, parse_hours, parse_quiet

group = typer.Typer(no_args_is_help=True, help="Say when a business opens, and how it may be booked.")

_RULES = {
    "booking_notice_minutes": "booked at least so many minutes ahead",
    "booking_horizon_days": "booked at most so many days ahead",
    "cancel_notice_minutes": "moved or cancelled at least so many minutes ahead",
    "slot_minutes": "appointments begin every so many minutes",
    "proactive_cap": "messages of the business's own accord to a person in seven days, at most",
}
_NIGHT = ("quiet_from", "quiet_until")

_QuietOption = Annotated[
    str | None,
    typer.Option(
        metavar="FROM-UNTIL", help="Nothing but answers leaves at night, such as 20:00-08:00; `none` for no night."
    ),
]
_CapOption = Annotated[
    int | None, typer.Option(min=0, max=50, help="Messages of its own accord to a person in seven days, at most.")
]


@group.command("show")
def show(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """Show the hours, the rules of booking, and what can be booked at once."""
    _show(ask_tenant(instance, lambda tenant: tenant.call("business_rules")), as_json=as_json)


@group.command("set")
def change(
    days: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DAY=TIMES…]", help="Such as mon-fri=09:00-12:00,13:00-18:00 sun=closed."),
    ] = None,
    *,
    instance: InstanceOption,
    resource: Annotated[
        str | None, typer.Option(help="A chair, room or person: add it, with hours of its own if any are given.")
    ] = None,
    notice_minutes: Annotated[
        int | None, typer.Option(min=0, max=43_200, help="Booked at least so long ahead.")
    ] = None,
    horizon_days: Annotated[int | None, typer.Option(min=1, max=366, help="Booked at most so far ahead.")] = None,
    cancel_notice_minutes: Annotated[
        int | None, typer.Option(min=0, max=43_200, help="Customers move and cancel at least so long ahead.")
    ] = None,
    slot_minutes: Annotated[int | None, typer.Option(min=5, max=240, help="How far apart appointments begin.")] = None,
    quiet: _QuietOption = None,
    cap: _CapOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change hours and rules; what is not given stays. A day is `closed`, or `unknown` when it is not stated."""
    try:
        hours = parse_hours(days or [])
        night = parse_quiet(quiet) if quiet is not None else (None, None)
    except ValueError as error:
        fail(error, status=2)
    rules = (notice_minutes, horizon_days, cancel_notice_minutes, slot_minutes, cap, *night)
    changes: dict[str, object] = {
        name: value for name, value in zip((*_RULES, *_NIGHT), rules, strict=True) if value is not None
    }
    if resource is not None:
        if changes:
            fail("--resource goes with days alone: the rules are those of the whole business", status=2)
        _put_resource(resource, {day: times for day, times in hours.items() if times is not None}, instance, as_json)
        return
    if hours:
        changes["business_hours"] = hours
    if not changes:
        fail("say what to change: days such as mon=09:00-18:00, or a rule", status=2)
    _show(ask_tenant(instance, lambda tenant: tenant.call("change_business_rules", changes=changes)), as_json=as_json)


@group.command("remove-resource")
def remove_resource(
    name: Annotated[str, typer.Argument(metavar="NAME")], *, instance: InstanceOption, as_json: JsonOption = False
) -> None:
    """Take a chair, room or person out of service. What is booked stays booked."""
    _show(ask_tenant(instance, lambda tenant: tenant.call("remove_resource", name=name)), as_json=as_json)


def _put_resource(name: str, hours: dict[str, list[tuple[str, str]]], instance: str, as_json: bool) -> None:
    if not 1 <= len(name.strip()) <= 100:
        fail("a resource's name has 1 to 100 characters", status=2)

    async def put(tenant: Tenant) -> dict[str, Any]:
        rules: dict[str, Any] = await tenant.call("put_resource", name=name.strip(), hours=hours or None)
        return rules

    _show(ask_tenant(instance, put), as_json=as_json)


def _show(rules: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(rules)
        return
    hours = rules["business_hours"]
    resources = [
        (f"resource {each['name']}", "the business hours" if each["hours"] is None else _week(each["hours"]))
        for each in rules["resources"]
    ]
    rows = [
        ("time zone", rules["timezone"]),
        *((day, hours_in_words(hours.get(day))) for day in DAYS),
        *((words, rules[name]) for name, words in _RULES.items()),
        ("nothing but answers leaves", f"{rules['quiet_from']}-{rules['quiet_until']}"),
        *(resources or [("bookings at once", "one")]),
    ]
    print_table(("what", "is"), rows)


def _week(hours: dict[str, Any]) -> str:
    return " ".join(f"{day}={hours_in_words(hours[day])}" for day in DAYS if day in hours)
