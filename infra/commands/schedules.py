"""`aurora schedules …`: QStash's cron schedules, kept equal to what jobs declare and routines need."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from infra import schedules as operations
from infra.commands.asking import ask
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from infra.errors import InfraError
from shared.ports import KeptSchedule, Schedule
from shared.schedules import Plan
from shared.services import Services

_AnswerT = TypeVar("_AnswerT")

group = typer.Typer(no_args_is_help=True, help="Keep QStash's schedules equal to what jobs and routines need.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `aurora schedules list` shows it.")]


@group.command("diff")
def diff(as_json: JsonOption = False) -> None:
    """Show what `sync` would change."""
    _show(ask(_plan), as_json)


@group.command("sync")
def sync(as_json: JsonOption = False) -> None:
    """Create, update and delete what differs.

    Schedules that are not Aurora's are left alone, and paused ones as they are, until they are resumed.
    """
    _show(ask(_sync), as_json)


@group.command("list")
def list_schedules(as_json: JsonOption = False) -> None:
    """List Aurora's schedules; times in UTC."""
    found = ask(operations.list_schedules)
    if as_json:
        print_json({"schedules": [_kept(each) for each in found]})
        return
    rows = [
        (each.id, each.cron, None if each.paused else each.next_run_at, each.last_run_at, _word(each)) for each in found
    ]
    print_table(("id", "cron", "next run", "last run", "state"), rows, whole=("id",))


@group.command("pause")
def pause(schedule_id: IdArgument) -> None:
    """Let a schedule run nothing until it is resumed. What it misses is not made up for by QStash."""
    _change(lambda services: operations.pause_schedule(services, schedule_id))
    typer.echo(f"paused: {schedule_id}")


@group.command("resume")
def resume(schedule_id: IdArgument) -> None:
    """Let a schedule run again from its next time on, brought up to date first."""
    _change(lambda services: operations.resume_schedule(services, schedule_id))
    typer.echo(f"resumed: {schedule_id}")


@group.command("run")
def run(schedule_id: IdArgument) -> None:
    """Publish a schedule's job now. What it did already on this day it does not do again."""
    message_id = _change(lambda services: operations.run_schedule(services, schedule_id))
    typer.echo(f"published: {message_id}")


async def _plan(services: Services) -> Plan:
    deployment = services.settings.deployment
    return await operations.plan_schedules(services.schedules, services.database, deployment=deployment)


async def _sync(services: Services) -> Plan:
    deployment = services.settings.deployment
    return await operations.sync_schedules(services.schedules, services.database, deployment=deployment)


def _change(change: Callable[[Services], Awaitable[_AnswerT]]) -> _AnswerT:
    try:
        return ask(change)
    except InfraError as error:
        fail(error)


def _show(changes: Plan, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "create": [_wanted(each) for each in changes.create],
                "update": [_wanted(each) for each in changes.update],
                "delete": [_kept(each) for each in changes.delete],
            }
        )
        return
    rows = (("create", changes.create), ("update", changes.update), ("delete", changes.delete))
    lines = [f"{verb}  {each.id}  {each.cron}  {each.destination}" for verb, found in rows for each in found]
    typer.echo("\n".join(lines or ["nothing to do"]))


def _word(schedule: KeptSchedule) -> str:
    return "paused" if schedule.paused else "running"


def _wanted(schedule: Schedule) -> dict[str, object]:
    return {
        "id": schedule.id,
        "cron": schedule.cron,
        "destination": schedule.destination,
        "body": schedule.publication.body,
        "retries": schedule.publication.retries,
    }


def _kept(schedule: KeptSchedule) -> dict[str, object]:
    return {
        "id": schedule.id,
        "cron": schedule.cron,
        "destination": schedule.destination,
        "body": schedule.body,
        "retries": schedule.retries,
        "paused": schedule.paused,
        "next_run_at": None if schedule.next_run_at is None else schedule.next_run_at.isoformat(),
        "last_run_at": None if schedule.last_run_at is None else schedule.last_run_at.isoformat(),
    }
