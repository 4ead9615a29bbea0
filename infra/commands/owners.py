"""`aurora tenants owners`: who may speak to Aurora, and what each number may do."""

from typing import Annotated, Any

import typer

from infra.commands.tenant import InstanceOption, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from shared.models import Permission
from shared.whatsapp.phone import parse_phone

group = typer.Typer(no_args_is_help=True, help="Say who may speak to Aurora, and what each number may do.")

PhoneArgument = Annotated[str, typer.Argument(metavar="PHONE", help="In any form, such as (11) 98888-7777.")]
PermissionOption = Annotated[
    Permission,
    typer.Option(
        help="viewer looks things up; staff changes the agenda, takes over conversations and writes to one customer; "
        "admin does everything: payments, messages to many, pausing the assistant."
    ),
]


@group.command("add")
def add(
    phone: PhoneArgument,
    *,
    instance: InstanceOption,
    permission: PermissionOption,
    name: Annotated[str | None, typer.Option(help="What the owner is called.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Let a number speak to Aurora. For one that does already, the same as `set`."""
    _put(phone, instance=instance, permission=permission, name=name, as_json=as_json)


@group.command("set")
def set_permission(
    phone: PhoneArgument, *, instance: InstanceOption, permission: PermissionOption, as_json: JsonOption = False
) -> None:
    """Change what an owner's number may do."""
    canonical = _canonical(phone)
    owners: list[dict[str, Any]] = ask_tenant(instance, lambda tenant: tenant.call("list_owners"))
    if canonical not in [each["phone"] for each in owners]:
        fail("this number is no owner's; `aurora tenants owners add` makes it one")
    _put(phone, instance=instance, permission=permission, name=None, as_json=as_json)


@group.command("list")
def list_owners(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """List the numbers that may speak to Aurora."""
    owners: list[dict[str, Any]] = ask_tenant(instance, lambda tenant: tenant.call("list_owners"))
    if as_json:
        print_json({"owners": owners})
    else:
        rows = [(each["phone"], each["name"], each["permission"]) for each in owners]
        print_table(("phone", "name", "permission"), rows, whole=("phone",))


@group.command("remove")
def remove(phone: PhoneArgument, *, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """Make a number a customer's again."""
    canonical = _canonical(phone)
    answer: dict[str, Any] = ask_tenant(instance, lambda tenant: tenant.call("remove_owner", phone=canonical))
    if not answer["removed"]:
        fail("this number is no owner's; `aurora tenants owners list` shows those that are")
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"removed: {canonical}")


def _put(phone: str, *, instance: str, permission: Permission, name: str | None, as_json: bool) -> None:
    canonical = _canonical(phone)
    owner: dict[str, Any] = ask_tenant(
        instance,
        lambda tenant: tenant.call("put_owner", phone=canonical, name=name, permission=permission.value),
    )
    if as_json:
        print_json(owner)
    else:
        typer.echo(f"{'added' if owner['created'] else 'changed'}: {owner['phone']} ({owner['permission']})")


def _canonical(phone: str) -> str:
    """Return the number in its one spelling; one that cannot be a number ends the command with status 2."""
    try:
        return parse_phone(phone)
    except ValueError as error:
        fail(error, status=2)
