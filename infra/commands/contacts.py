"""`aurora contacts`: what a person may ask for about everything that is kept of them."""

import sys
from typing import Annotated

import typer

from infra.commands.tenant import InstanceOption, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, settings_or_exit
from infra.operations.contacts import Erasure, erase_contact, export_contact
from shared.whatsapp.phone import parse_phone

group = typer.Typer(no_args_is_help=True, help="Give out or delete what a business keeps of a person.")

PhoneOption = Annotated[str, typer.Option(help="The person's phone, such as +5511912345678.")]


@group.command("export")
def export(*, instance: InstanceOption, phone: PhoneOption) -> None:
    """Print everything that is kept of a person as JSON, and note that it was given out."""
    number = _number(phone)
    print_json(
        ask_tenant(instance, lambda tenant: export_contact(number, tenant.organization_id, database=tenant.database))
    )


@group.command("erase")
def erase(
    *,
    instance: InstanceOption,
    phone: PhoneOption,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete all that tells who a person is, for ever; bookings and figures stay, of nobody. Safe to repeat."""
    number, settings = _number(phone), settings_or_exit()
    if not yes:
        if as_json or not sys.stdin.isatty():
            fail("pass --yes to delete what is kept of this person for ever", status=2)
        typer.confirm("Delete what is kept of this person for ever?", abort=True)
    erasure = ask_tenant(
        instance,
        lambda tenant: erase_contact(number, tenant.organization_id, database=tenant.database, settings=settings),
    )
    if as_json:
        print_json(erasure)
    else:
        typer.echo(_in_words(erasure))


def _number(phone: str) -> str:
    try:
        return parse_phone(phone)
    except ValueError as error:
        fail(f"--{error}", status=2)


def _in_words(erasure: Erasure) -> str:
    if erasure.outcome == "already_erased":
        return "erased before: only a hash of this phone is known"
    told = f"erased; {erasure.messages} messages are blank now"
    if erasure.upcoming_bookings:
        return f"{told}; upcoming bookings that still take their time: {erasure.upcoming_bookings}"
    return told
