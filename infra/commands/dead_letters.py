"""`aurora dead-letters`: the jobs that gave up, and what to do about them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from infra.commands.asking import ask
from infra.commands.terminal import ERROR_WIDTH, JsonOption, fail, print_json, print_table, settings_or_exit, shown
from infra.operations.composition import operator_services
from infra.operations.moments import parse_since
from shared.errors import AuroraError
from shared.replay import (
    DeadLetter,
    Discard,
    Retry,
    discard_dead_letter,
    list_dead_letters,
    retry_dead_letter,
    show_dead_letter,
)
from shared.services import Services

group = typer.Typer(no_args_is_help=True, help="Show, retry and discard the jobs that gave up.")

OrganizationOption = Annotated[UUID | None, typer.Option(help="Only those of this organization.")]
JobOption = Annotated[str | None, typer.Option(help="Only those of this job, such as message.send.")]
ByOption = Annotated[str | None, typer.Option(help="Who does it, for the record.")]

#: The most that one `retry --all` takes.
MOST_AT_ONCE = 1000

_ResultT = TypeVar("_ResultT", Retry, Discard)

_REMARKS = {
    "stale": "the customer has waited too long; a person must answer",
    "superseded": "a later message of the conversation has left",
    "withdrawn": "the reply was withdrawn meanwhile",
    "failed": "the provider could not deliver it",
}


@group.command("list")
def list_letters(
    *,
    organization: OrganizationOption = None,
    job: JobOption = None,
    only_open: Annotated[bool, typer.Option("--open/--all", help="Only the open ones, or settled ones, too.")] = True,
    since: Annotated[str | None, typer.Option(help="An age such as 24h or 7d, or a time such as 2026-01-20.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_AT_ONCE)] = 50,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, the newest first."""
    wanted = {
        "organization_id": str(organization) if organization else None,
        "job": job,
        "state": "open" if only_open else None,
        "since": _moment(since),
    }
    letters = ask(lambda services: list_dead_letters(services, limit=limit, **wanted))
    if as_json:
        print_json(letters)
    elif not letters:
        typer.echo("no dead letters" if not only_open else "no open dead letters")
    else:
        columns = ("id", "recorded", "job", "state", "organization", "attempts", "status", "error")
        print_table(columns, [_row(letter) for letter in letters], whole=("id", "recorded", "job"))


@group.command("show")
def show(letter_id: Annotated[UUID, typer.Argument(metavar="ID")], as_json: JsonOption = False) -> None:
    """Show all that is kept of a dead letter."""
    letter = ask(lambda services: show_dead_letter(letter_id, services))
    if as_json:
        print_json(letter)
        return
    print_table(("field", "value"), [(name, value) for name, value in letter], whole=("field",))


@group.command("retry")
def retry(
    letter_ids: Annotated[list[UUID] | None, typer.Argument(metavar="ID…", show_default=False)] = None,
    *,
    all_open: Annotated[bool, typer.Option("--all", help="All open ones, the oldest first.")] = False,
    organization: OrganizationOption = None,
    job: JobOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish dead letters anew. Safe to repeat: what was done meanwhile, or comes too late, is not done again."""
    if bool(letter_ids) == all_open:
        fail("name the dead letters to retry, or pass --all", status=2)
    if letter_ids and (organization or job):
        fail("--organization and --job choose among --all; leave them out when you name dead letters", status=2)

    async def chosen(services: Services) -> list[UUID]:
        if letter_ids:
            return letter_ids
        wanted = {"organization_id": str(organization) if organization else None, "job": job, "state": "open"}
        newest_first = await list_dead_letters(services, limit=MOST_AT_ONCE, **wanted)
        return [letter.id for letter in reversed(newest_first)]

    async def retried(services: Services) -> AsyncIterator[Retry]:
        for each in await chosen(services):
            yield await retry_dead_letter(each, services, by=by)

    results = _each(retried, tell=_tell_retry, as_json=as_json)
    if not results and not as_json:
        typer.echo("no open dead letters")
    raise typer.Exit(0 if all(each.outcome in ("retried", "already") for each in results) else 1)


@group.command("discard")
def discard(
    letter_ids: Annotated[list[UUID], typer.Argument(metavar="ID…")],
    *,
    reason: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let dead letters go, here and at QStash."""

    async def discarded(services: Services) -> AsyncIterator[Discard]:
        for each in letter_ids:
            yield await discard_dead_letter(each, services, by=by, reason=reason)

    results = _each(discarded, tell=_tell_discard, as_json=as_json)
    raise typer.Exit(0 if all(each.outcome == "discarded" for each in results) else 1)


def _each(
    change: Callable[[Services], AsyncIterator[_ResultT]], *, tell: Callable[[_ResultT], None], as_json: bool
) -> list[_ResultT]:
    """Make changes one by one and tell each as it is made: when one cannot be made, those before it were told."""
    settings = settings_or_exit()
    results: list[_ResultT] = []

    async def run() -> None:
        async with operator_services(settings) as services:
            async for result in change(services):
                results.append(result)
                if not as_json:
                    tell(result)

    try:
        asyncio.run(run())
    except AuroraError as error:
        if as_json:
            print_json(results)
        fail(f"{error}; what was not done can be done again")
    if as_json:
        print_json(results)
    return results


def _tell_retry(result: Retry) -> None:
    match result.outcome:
        case "retried":
            rest = f", but nothing will come of it: {_remark(result.remark)}" if result.remark else ""
            origin = "" if result.source == "queue" else " (rebuilt, as QStash no longer had it)"
            typer.echo(f"{result.id} retried as {result.message_id}{origin}{rest}")
        case "already":
            typer.echo(f"{result.id} was retried before, as {result.message_id}")
        case "gone":
            problem = "is gone: QStash has it no longer, too old or retried by a run that broke off; discard it"
            typer.echo(f"aurora: {result.id} {problem}", err=True)
        case _:
            _tell_refusal(result.id, result.outcome)


def _tell_discard(result: Discard) -> None:
    if result.outcome != "discarded":
        _tell_refusal(result.id, result.outcome)
        return
    rest = "; QStash could not be told and forgets it by itself, or at a repeat" if result.kept_by_queue else ""
    typer.echo(f"{result.id} discarded{rest}")


def _tell_refusal(letter_id: UUID, outcome: str) -> None:
    problems = {
        "already": "was retried before: there is nothing to discard",
        "discarded": "was discarded: it is not retried",
        "busy": "is being retried now: look again in a minute",
        "unknown": "is no dead letter: see `aurora dead-letters list --all`",
    }
    typer.echo(f"aurora: {letter_id} {problems[outcome]}", err=True)


def _remark(remark: str) -> str:
    return _REMARKS.get(remark, f"it was {remark} meanwhile")


def _row(letter: DeadLetter) -> tuple[object, ...]:
    return (
        *(letter.id, letter.created_at, letter.job, letter.state, letter.organization_id),
        *(letter.attempts, letter.status or None, shown(letter.error)[:ERROR_WIDTH]),
    )


def _moment(since: str | None) -> str | None:
    if since is None:
        return None
    try:
        return parse_since(since, now=datetime.now(UTC)).isoformat()
    except ValueError as error:
        fail(f"--since: {error}", status=2)
