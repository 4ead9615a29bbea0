"""`aurora queue`: what waits, runs and has run, from QStash's own records."""

import sys
from typing import Annotated

import typer

from infra.commands.asking import ask
from infra.commands.terminal import ERROR_WIDTH, JsonOption, fail, print_json, print_table, shown
from infra.operations.job_states import JobState, QueuedJob
from infra.operations.queue import JobDetail, count_jobs, known_jobs, list_jobs, show_job

group = typer.Typer(no_args_is_help=True, help="Show and cancel the jobs that QStash holds.")

JobOption = Annotated[str | None, typer.Option(help="Only this job, such as message.send.")]


@group.command("stats")
def stats(as_json: JsonOption = False) -> None:
    """Count each job's messages by state, as far back as QStash keeps its log."""
    counts = ask(count_jobs)
    if as_json:
        print_json(counts)
        return
    columns = ("job", "waiting", "active", "delayed", "completed", "failed", "cancelled", "open dead letters")
    print_table(columns, [tuple(each.model_dump(exclude={"complete"}).values()) for each in counts], whole=("job",))
    if cut := [each.job for each in counts if not each.complete]:
        typer.echo(f"at least, as the log holds more than was read: {', '.join(cut)}", err=True)


@group.command("list")
def list_queued(
    *,
    job: JobOption = None,
    state: Annotated[JobState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="By default 500 of the failed ones, 100 of all others.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List messages, the latest change first."""
    _check_job(job)
    jobs = ask(lambda services: list_jobs(services, job=job, state=state, limit=limit))
    if as_json:
        print_json(jobs)
    elif not jobs:
        typer.echo("no such messages")
    else:
        columns = ("message", "job", "state", "changed", "attempts", "due", "status", "error")
        print_table(columns, [_row(each) for each in jobs], whole=("message", "job", "changed"))


@group.command("show")
def show(message_id: Annotated[str, typer.Argument(metavar="MESSAGE_ID")], as_json: JsonOption = False) -> None:
    """Show a message and what happened to it. What people wrote is never shown."""
    detail = ask(lambda services: show_job(message_id, services))
    if as_json:
        print_json(detail)
        return
    print_table(("field", "value"), _fields(detail), whole=("field",))
    typer.echo()
    columns = ("at", "event", "status", "next attempt", "error")
    rows = [(each.at, each.state, each.status, each.next_at, each.error) for each in detail.events]
    print_table(columns, rows, whole=("at", "event"))


@group.command("cancel")
def cancel(
    message_ids: Annotated[list[str], typer.Argument(metavar="MESSAGE_ID…")], as_json: JsonOption = False
) -> None:
    """Cancel messages that are not finished. What the database still wants done, the sweep publishes again."""
    if not all(each.strip() for each in message_ids):
        fail("a message id is empty", status=2)
    distinct = list(dict.fromkeys(message_ids))
    cancelled = ask(lambda services: services.queue_records.cancel(distinct))
    if as_json:
        print_json({"asked": len(distinct), "cancelled": cancelled})
    else:
        typer.echo(f"{cancelled} of {len(distinct)} cancelled")
    if cancelled < len(distinct):
        fail("the others are finished or unknown: see `aurora queue show MESSAGE_ID`")


@group.command("clear")
def clear(
    *,
    job: Annotated[str, typer.Option(help="The job, such as message.send.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Cancel every message of a job that is not finished."""
    _check_job(job)
    if not yes:
        if as_json or not sys.stdin.isatty():
            fail(f"pass --yes to cancel every message of {job} that is not finished", status=2)
        typer.confirm(f"Cancel every message of {job} that is not finished?", abort=True)
    cancelled = ask(lambda services: services.queue_records.clear(job))
    if as_json:
        print_json({"job": job, "cancelled": cancelled})
    else:
        typer.echo(f"{cancelled} cancelled")


def _check_job(job: str | None) -> None:
    if job is not None and job not in known_jobs():
        fail(f"--job: no job is named {job}; there are {', '.join(known_jobs())}", status=2)


def _row(job: QueuedJob) -> tuple[object, ...]:
    return (
        *(job.message_id, job.job, job.state, job.changed_at, job.attempts),
        *(job.next_at, job.status, shown(job.error)[:ERROR_WIDTH]),
    )


def _fields(detail: JobDetail) -> list[tuple[str, object]]:
    return [(name, value) for name, value in detail if name != "events"]
