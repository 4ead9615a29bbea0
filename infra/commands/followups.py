"""`aurora followups`: messages to customers that become due, unless something happens before."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from infra.commands.tenant import InstanceOption, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from shared.errors import NonRetriableError
from shared.routines.templates import FollowupKind, TemplateError, check_template
from shared.whatsapp.phone import parse_phone

group = typer.Typer(no_args_is_help=True, help="See, plan and call off messages to customers that become due.")

State = Literal["waiting", "queued", "cancelled", "skipped"]

#: Why none can be planned, by the database's word for it.
REFUSALS = {
    "unknown_contact": "nobody with this phone is known to the business",
    "past": "--at: has passed, in the business's own time",
    "opted_out": "this person wants no messages",
    "no_consent": "this person has not allowed advertising",
    "no_number": "this person cannot be reached on WhatsApp",
    "erased": "this person had everything deleted",
}


@group.command("list")
def list_followups(
    *,
    instance: InstanceOption,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    kind: Annotated[FollowupKind | None, typer.Option(help="Only these.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those too that ended more than seven days ago.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most: those due nearest to now.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List what waits and what was due in the last seven days: who, what about, when, and what became of it."""
    chosen = {"state": state, "kind": kind, "recent": None if everything else True}
    wanted = {name: value for name, value in chosen.items() if value is not None}
    found: dict[str, Any] = ask_tenant(
        instance, lambda tenant: tenant.call("list_followups", filter=wanted, limit=limit)
    )
    if as_json:
        print_json(found)
        return
    entries = found["followups"]
    if not entries:
        typer.echo("no follow-ups" if everything else "no follow-ups wait or were due in the last seven days")
        return
    _print(entries)
    if left := found["total"] - len(entries):
        typer.echo(f"… and {left} more, further from now; --limit shows them")


@group.command("add")
def add(
    *,
    instance: InstanceOption,
    phone: Annotated[str, typer.Option(help="The customer's, in any form, such as (11) 98888-7777.")],
    text: Annotated[str, typer.Option(help="What to write; {name} and {business} are filled in.")],
    at: Annotated[datetime, typer.Option(formats=["%Y-%m-%dT%H:%M"], help="The business's own time.")],
    as_json: JsonOption = False,
) -> None:
    """Plan a message to one customer. It leaves within the business's limits for messages of its own accord."""
    try:
        check_template(FollowupKind.CUSTOM, text)
        number = parse_phone(phone)
    except TemplateError as error:
        fail(f"--text: {error}", status=2)
    except ValueError as error:
        fail(f"--{error}", status=2)
    wish = {"kind": FollowupKind.CUSTOM, "phone": number, "text": text, "local_time": at.isoformat()}

    async def plan(tenant: Any) -> dict[str, Any]:
        try:
            added: dict[str, Any] = await tenant.call("add_followup", followup=wish)
        except NonRetriableError as error:
            hint = getattr(error.__cause__, "hint", None)
            if hint in REFUSALS:
                raise NonRetriableError(REFUSALS[hint]) from error
            raise
        return added

    _show(ask_tenant(instance, plan), as_json=as_json)


@group.command("cancel")
def cancel(
    followup_id: Annotated[UUID, typer.Argument(metavar="ID")], *, instance: InstanceOption, as_json: JsonOption = False
) -> None:
    """Call a follow-up off, also when its message waits to be sent. Safe to repeat."""
    _show(
        ask_tenant(instance, lambda tenant: tenant.call("cancel_followup", followup_id=str(followup_id))),
        as_json=as_json,
    )


@group.command("options")
def options(
    *,
    instance: InstanceOption,
    reminders: Annotated[bool | None, typer.Option(help="Remind of appointments 24 h and 2 h before.")] = None,
    feedback: Annotated[bool | None, typer.Option(help="Ask how a visit was, the day after.")] = None,
    silence: Annotated[bool | None, typer.Option(help="Write once to who left a question unanswered.")] = None,
    payments: Annotated[bool | None, typer.Option(help="Remind of completed visits that are not paid.")] = None,
    review_link: Annotated[
        str | None, typer.Option(help="Where content customers are asked for a review; none: nowhere.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which follow-ups are planned, and change those that are given. What is planned already stays."""
    if review_link not in (None, "none") and not str(review_link).startswith("https://"):
        fail("--review-link: must begin with https://, or be none", status=2)
    given: dict[str, object | None] = {
        "appointment_reminder": reminders,
        "feedback_request": feedback,
        "silence": silence,
        "payment_reminder": payments,
        "review_link": review_link,
    }
    changes = {name: None if value == "none" else value for name, value in given.items() if value is not None}
    chosen: dict[str, Any] = ask_tenant(instance, lambda tenant: tenant.call("followup_options", changes=changes))
    if as_json:
        print_json(chosen)
    else:
        print_table(("option", "chosen"), [(name, _plain(chosen[name])) for name in given])


def _show(entry: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(entry)
    else:
        _print([entry])


def _print(entries: list[dict[str, Any]]) -> None:
    """Print follow-ups of one business with its local times."""
    print_table(("id", "kind", "to", "due", "state", "why"), [_row(each) for each in entries], whole=("id", "due"))
    typer.echo(f"times of {entries[0]['timezone']}")


def _row(entry: dict[str, Any]) -> tuple[object, ...]:
    to = " ".join(filter(None, [entry["name"], entry["phone"]]))
    state = f"{entry['state']}, {entry['message']}" if entry["message"] else entry["state"]
    due = datetime.fromisoformat(entry["due_at"]).astimezone(ZoneInfo(entry["timezone"]))
    return entry["id"], entry["kind"], to, f"{due:%Y-%m-%d %H:%M}", state, entry["reason"]


def _plain(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
