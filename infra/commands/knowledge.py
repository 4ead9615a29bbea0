"""`aurora knowledge`: what a business knows beyond its services and hours."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from infra.commands.tenant import InstanceOption, ask_tenant
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from infra.knowledge_files import Entry, KnowledgeFileError, checked_entry, read_entries

group = typer.Typer(no_args_is_help=True, help="Say what the assistant may answer from.")


@group.command("add")
def add(
    *,
    instance: InstanceOption,
    question: Annotated[str, typer.Option(help="As customers ask it.")],
    answer: Annotated[str, typer.Option(help="What they are answered.")],
    as_json: JsonOption = False,
) -> None:
    """Keep an answer to a question. The same question again replaces its answer."""
    try:
        entry = checked_entry(question, answer)
    except KnowledgeFileError as error:
        fail(error, status=2)
    _keep(instance, [entry], as_json=as_json)


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or YAML with questions and answers.")],
    *,
    instance: InstanceOption,
    as_json: JsonOption = False,
) -> None:
    """Keep all entries of a file, or none when one of them cannot be kept. Safe to repeat."""
    try:
        entries = read_entries(file)
    except KnowledgeFileError as error:
        fail(error, status=2)
    _keep(instance, entries, as_json=as_json)


@group.command("list")
def list_entries(*, instance: InstanceOption, as_json: JsonOption = False) -> None:
    """List what a business knows."""
    entries: list[dict[str, Any]] = ask_tenant(instance, lambda tenant: tenant.call("list_knowledge"))
    if as_json:
        print_json({"entries": entries})
    elif not entries:
        typer.echo("nothing yet")
    else:
        rows = [(each["id"], each["question"], each["answer"], each["source"]) for each in entries]
        print_table(("id", "question", "answer", "source"), rows, whole=("id",))


@group.command("remove")
def remove(
    entry_id: Annotated[UUID, typer.Argument(metavar="ID")], *, instance: InstanceOption, as_json: JsonOption = False
) -> None:
    """Forget an entry."""
    entry: dict[str, Any] = ask_tenant(
        instance, lambda tenant: tenant.call("remove_knowledge", knowledge_id=str(entry_id))
    )
    if as_json:
        print_json(entry)
    else:
        typer.echo(f"removed: {entry['question']}")


def _keep(instance: str, entries: list[Entry], *, as_json: bool) -> None:
    kept: list[dict[str, Any]] = ask_tenant(instance, lambda tenant: tenant.call("add_knowledge", entries=entries))
    if as_json:
        print_json({"entries": kept})
    else:
        typer.echo(f"{len(kept)} kept")
