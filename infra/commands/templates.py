"""`aurora templates`: the business's own words for what it sends of its own accord."""

from typing import Annotated, Any

import typer

from infra.commands.tenant import InstanceOption, Tenant, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from shared.routines.templates import VARIABLES, FollowupKind, TemplateError, check_template, default_template

group = typer.Typer(no_args_is_help=True, help="Say in whose words customers are written to.")

KindArgument = Annotated[FollowupKind, typer.Argument(metavar="KIND", help=f"One of {', '.join(FollowupKind)}.")]


@group.command("list")
def list_templates(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """List the texts, the business's own and those of its language, with what may stand in braces."""
    templates = ask_tenant(instance, _templates)
    if as_json:
        print_json({"templates": templates})
    else:
        rows = [(each["kind"], "own" if each["own"] else "-", each["text"], each["variables"]) for each in templates]
        print_table(("kind", "own", "text", "variables"), rows, whole=("kind",))


@group.command("set")
def put(
    kind: KindArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='Such as "Oi {name}, até {date} às {time}!".')],
    *,
    instance: InstanceOption,
    as_json: JsonOption = False,
) -> None:
    """Write messages of a kind in the business's own words."""
    try:
        check_template(kind, text)
    except TemplateError as error:
        fail(error, status=2)
    _put(kind, text, instance=instance, as_json=as_json)


@group.command("reset")
def reset(kind: KindArgument, *, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """Go back to the text of the business's language. Safe to repeat."""
    _put(kind, None, instance=instance, as_json=as_json)


async def _templates(tenant: Tenant) -> list[dict[str, Any]]:
    own = {each["kind"]: each["text"] for each in await tenant.call("list_templates")}
    return [
        {
            "kind": str(kind),
            "own": kind in own,
            "text": own.get(kind, default_template(kind, tenant.locale)),
            "variables": " ".join(f"{{{name}}}" for name in sorted(VARIABLES[kind])),
        }
        for kind in FollowupKind
        if kind is not FollowupKind.CUSTOM  # has a text of its own each time
    ]


def _put(kind: FollowupKind, text: str | None, *, instance: str, as_json: bool) -> None:
    if kind is FollowupKind.CUSTOM:
        fail("a custom follow-up has a text of its own; `aurora followups add` takes it", status=2)
    kept: dict[str, Any] = ask_tenant(instance, lambda tenant: tenant.call("put_template", kind=kind, text=text))
    if as_json:
        print_json(kept)
    else:
        typer.echo(f"{kind}: {'the text of the language again' if text is None else 'own text'}")
