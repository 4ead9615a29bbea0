"""`aurora proactive`: what a business sends of its own accord."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from infra.commands.asking import ask
from infra.commands.terminal import JsonOption, fail, print_json
from infra.operations.preview import Preview, PreviewedMessage, find_business
from infra.operations.preview import preview as preview_of
from shared.routines.routine import ROUTINES
from shared.routines.templates import FollowupKind
from shared.services import Services

group = typer.Typer(no_args_is_help=True, help="See what a business sends of its own accord.")

_DATE = (
    "A local date; today otherwise. No day to come of daily_summary; today alone of inactive_clients, opportunities."
)
KINDS = (*FollowupKind, *ROUTINES)


@group.callback()
def proactive() -> None:
    """See what a business sends of its own accord."""


@group.command("preview")
def preview(
    *,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help=_DATE)] = None,
    instance: Annotated[
        str | None, typer.Option(help="The business, by its WhatsApp number's name at the gateway.")
    ] = None,
    organization: Annotated[UUID | None, typer.Option(help="The business, by its id.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the messages of a kind that are due on a day, as they would read now. Nothing is sent or written."""
    if (instance is None) == (organization is None):
        fail("pass --instance or --organization", status=2)
    if kind not in KINDS:
        fail(f"--kind: must be one of {', '.join(KINDS)}", status=2)

    async def question(services: Services) -> Preview:
        business = await find_business(services.database, instance=instance, organization=organization)
        return await preview_of(business, kind, day.date() if day else None, services)

    found = ask(question)
    if as_json:
        print_json(found)
        return
    if not found.messages:
        typer.echo(f"nothing of {kind} is due on {found.local_date}")
    for message in found.messages:
        typer.echo(_in_words(message, ZoneInfo(found.timezone)))
    if found.left:
        typer.echo(f"… and {found.left} more")
    if found.example is not None and not found.messages:
        typer.echo(f"one would read:\n{found.example}")


def _in_words(message: PreviewedMessage, zone: ZoneInfo) -> str:
    when = f"{message.at.astimezone(zone):%Y-%m-%d %H:%M}" if message.at else ""
    head = "  ".join(filter(None, [when, message.to, message.state]))
    problem = f"! {message.problem}\n" if message.problem else ""
    return f"# {head}\n{problem}{message.text or '(no text)'}\n"
