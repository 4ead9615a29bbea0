"""`aurora tenants numbers`: what a WhatsApp number's provider takes, and since when the number is in use."""

from datetime import date
from typing import Annotated, Any

import typer

from infra.commands.tenant import ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table

group = typer.Typer(
    no_args_is_help=True, help="Say what a WhatsApp number's provider takes, and since when it is used."
)

NONE = "none"
_LONGEST_WINDOW = 720  # hours, as in the database

NameArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="The WhatsApp number's name at the gateway.")]


def window_in_words(hours: int | None) -> str:
    """Return a reply window as a person reads it."""
    return NONE if hours is None else f"{hours} h"


@group.command("show")
def show(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Show a number with its reply window and since when it is in use."""
    _ask(name, {}, as_json=as_json)


@group.command("set")
def change(
    name: NameArgument,
    *,
    reply_window: Annotated[
        str | None,
        typer.Option(
            metavar="HOURS",
            help="How long after a customer's last message the provider takes free text: 24 for WhatsApp's official "
            "API. Later nothing of the business's own accord leaves. none: for ever, as over WhatsApp Web.",
        ),
    ] = None,
    in_use_since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="A number that is new sends 20 messages of its own accord on its first day, and more from day to day. "
            "Say here since when one is in use that is not new; none: its next one counts as its first.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is given; the rest stays."""
    changes: dict[str, object] = {}
    if reply_window is not None:
        changes["reply_window_hours"] = _hours(reply_window)
    if in_use_since is not None:
        changes["in_use_since"] = _day(in_use_since)
    if not changes:
        fail("say what to change: --reply-window or --in-use-since", status=2)
    _ask(name, changes, as_json=as_json)


def _ask(name: str, changes: dict[str, object], *, as_json: bool) -> None:
    number: dict[str, Any] = ask_tenant(name, lambda tenant: tenant.call("number_options", name=name, changes=changes))
    if as_json:
        print_json(number)
        return
    print_table(
        ("number", "phone", "state", "reply window", "in use since"),
        [
            (
                f"{number['provider']}/{number['name']}",
                number["phone"],
                number["state"],
                window_in_words(number["reply_window_hours"]),
                number["in_use_since"],
            )
        ],
    )


def _hours(text: str) -> int | None:
    if text == NONE:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LONGEST_WINDOW:
        fail(f"--reply-window: must be hours from 1 to {_LONGEST_WINDOW}, or {NONE}", status=2)
    return int(text)


def _day(text: str) -> str | None:
    if text == NONE:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        fail(f"--in-use-since: must be a date such as 2025-01-31, or {NONE}", status=2)
