"""`aurora blocks`: time in which a business takes no appointments."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer

from infra.commands.tenant import InstanceOption, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table

group = typer.Typer(no_args_is_help=True, help="Block holidays, vacations and single hours.")

_DATE_FORMATS = ["%Y-%m-%d"]
_TIME_FORMATS = ["%H:%M"]


@group.command("add")
def add(
    day: Annotated[datetime, typer.Argument(metavar="DATE", formats=_DATE_FORMATS)],
    *,
    instance: InstanceOption,
    through: Annotated[datetime | None, typer.Option(formats=_DATE_FORMATS, help="The last day, included.")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=_TIME_FORMATS, help="From this time.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=_TIME_FORMATS, help="Until this time.")] = None,
    resource: Annotated[str | None, typer.Option(help="Only this chair, room or person.")] = None,
    reason: Annotated[str | None, typer.Option(help="Such as Natal.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Block whole days, or the hours from the first day's time until the last day's. Bookings in them stay."""
    starts, ends = _span(day.date(), through.date() if through else day.date(), start, end)
    block = {"starts": starts.isoformat(), "ends": ends.isoformat(), "resource": resource, "reason": reason}
    added: dict[str, Any] = ask_tenant(instance, lambda tenant: tenant.call("add_block", block=block))
    if as_json:
        print_json(added)
    else:
        print_table(_COLUMNS, [_row(added)], whole=("id",))
    if added["bookings"]:
        typer.echo(f"{added['bookings']} bookings lie in it and stay: tell the customers", err=True)


@group.command("list")
def list_blocks(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """List the blocks that are not over, in the business's own time."""
    blocks: list[dict[str, Any]] = ask_tenant(instance, lambda tenant: tenant.call("list_blocks"))
    if as_json:
        print_json({"blocks": blocks})
    elif not blocks:
        typer.echo("nothing is blocked")
    else:
        print_table(_COLUMNS, [_row(each) for each in blocks], whole=("id",))


@group.command("remove")
def remove(
    block_id: Annotated[UUID, typer.Argument(metavar="ID")], *, instance: InstanceOption, as_json: JsonOption = False
) -> None:
    """Give blocked time free."""
    block: dict[str, Any] = ask_tenant(instance, lambda tenant: tenant.call("remove_block", block_id=str(block_id)))
    if as_json:
        print_json(block)
    else:
        typer.echo(f"free again: {_moment(block['starts'])} until {_moment(block['ends'])}")


_COLUMNS = ("id", "from", "until", "resource", "reason")


def _row(block: dict[str, Any]) -> tuple[object, ...]:
    return block["id"], _moment(block["starts"]), _moment(block["ends"]), block["resource"] or "all", block["reason"]


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")


def _span(first: date, last: date, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """Return the wall-clock times that a block begins and ends at. Ends the command when that is no time at all."""
    starts = datetime.combine(first, start.time() if start else time())
    ends = datetime.combine(last, end.time()) if end else datetime.combine(last + timedelta(days=1), time())
    if ends <= starts:
        fail("a block ends after it begins", status=2)
    return starts, ends
