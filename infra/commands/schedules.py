"""`aurora schedules …`: QStash's cron schedules, kept equal to what jobs declare and routines need."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, TypeVar

import typer

from infra import schedules as operations
from infra.commands.asking import ask
from infra.commands.terminal import JsonOption, fail, print_json, print_table
from infra.errors import InfraError
from infra.schedules import ListedSchedule
from shared.ports import KeptSchedule, Schedule
from shared.schedules import Plan, SchedulesRefusedError, is_routine
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

    Schedules that are not Aurora's are left alone, and paused ones as they are, until they are resumed. What QStash
    does not take is named, with status 1, and the rest is done all the same.
    """
    changes, refused = ask(_sync)
    _show(changes, as_json)
    if refused is not None:
        fail(_advice(refused))


@group.command("list")
def list_schedules(as_json: JsonOption = False) -> None:
    """List Aurora's schedules; times in UTC."""
    found = ask(operations.list_schedules)
    if as_json:
        print_json({"schedules": [{**_kept(each.schedule), "held": each.held} for each in found]})
        return
    rows = [_row(each) for each in found]
    print_table(("id", "cron", "next run", "last run", "state"), rows, whole=("id",))


@group.command("pause")
def pause(schedule_id: IdArgument) -> None:
    """Let what a schedule is for not be run until it is resumed, by the sweep neither; what is missed is lost.

    A routine that is under way stops within a few pages; runs of businesses that were published already are still made.
    """
    _change(lambda services: operations.pause_schedule(services, schedule_id))
    typer.echo(f"paused: {schedule_id}")


@group.command("resume")
def resume(schedule_id: IdArgument) -> None:
    """Let a schedule run again from its next time on, brought up to date first."""
    _change(lambda services: operations.resume_schedule(services, schedule_id))
    typer.echo(f"resumed: {schedule_id}")


@group.command("run")
def run(
    schedule_id: IdArgument,
    *,
    day: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="YYYY-MM-DD", help="Run a routine's local date whatever the hour, also when it is paused."
        ),
    ] = None,
) -> None:
    """Say what running a schedule's job now comes to, and publish it unless it comes to nothing.

    A routine is run when its time has come, for three hours; what it did for a business on a day it does not do again.
    """
    local_date = None if day is None else _date(day)

    async def published(services: Services) -> str:
        forecast = await operations.foresee_run(services, schedule_id, local_date=local_date)
        typer.echo(f"{schedule_id} {forecast.sentence}")
        (message_id,) = await services.queue.publish([forecast.publication])
        return message_id

    typer.echo(f"published: {_change(published)}")


async def _plan(services: Services) -> Plan:
    deployment = services.settings.deployment
    return await operations.plan_schedules(services.schedules, services.database, deployment=deployment)


async def _sync(services: Services) -> tuple[Plan, SchedulesRefusedError | None]:
    """Return what was changed, and what was refused."""
    deployment = services.settings.deployment
    try:
        changes = await operations.sync_schedules(services.schedules, services.database, deployment=deployment)
    except SchedulesRefusedError as error:
        return error.changes, error
    return changes, None


def _advice(refused: SchedulesRefusedError) -> str:
    if refused.only_routines:
        return f"{refused}; until QStash takes them the sweep runs these routines, up to some minutes late"
    return f"{refused}; jobs among them are not run until QStash takes their schedules"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--date: {text} is no date such as 2026-01-31", status=2)


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
                "pause": [_wanted(each) for each in changes.pause],
            }
        )
        return
    rows = (
        ("create", changes.create),
        ("update", changes.update),
        ("delete", changes.delete),
        ("pause", changes.pause),
    )
    lines = [f"{verb}  {each.id}  {each.cron}  {each.destination}" for verb, found in rows for each in found]
    typer.echo("\n".join(lines or ["nothing to do"]))


def _row(listed: ListedSchedule) -> tuple[object, ...]:
    schedule = listed.schedule
    upcoming = None if schedule.paused or listed.held else schedule.next_run_at
    return schedule.id, schedule.cron, upcoming, schedule.last_run_at, _word(listed)


def _word(listed: ListedSchedule) -> str:
    if listed.held or not is_routine(listed.schedule):
        return "paused" if listed.held or listed.schedule.paused else "running"
    # Paused in QStash's console: the database does not know.
    return "paused at QStash alone: the sweep runs it" if listed.schedule.paused else "running"


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
