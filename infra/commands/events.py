"""`aurora events`: Lambda events for trying a function without any gateway or queue."""

import json
from typing import Annotated, Any, NoReturn

import typer

from infra.lambda_events import EXAMPLE_INSTANCE, job_event, webhook_event
from shared.errors import SettingsError, UnknownJobError
from shared.settings import load_settings

group = typer.Typer(no_args_is_help=True, help="Write Lambda events for trying the functions, as JSON.")


@group.command("jobs")
def jobs(name: Annotated[str, typer.Argument(help="The job, such as message.receive.")]) -> None:
    """Write the delivery of a sample job, signed for PUBLIC_URL and valid for five minutes, as QStash's are.

    The sample is made from the job's payload and names nothing that exists; a message is marked as a test.
    """
    try:
        _print(job_event(name, load_settings()))
    except (SettingsError, UnknownJobError) as error:
        _refuse(error)


@group.command("schedules")
def schedules(name: Annotated[str, typer.Argument(help="The job, such as maintenance.sweep.")]) -> None:
    """Write the same as `jobs` does, as a schedule delivers it: to the function for what falls due."""
    try:
        _print(job_event(name, load_settings(), function="schedules"))
    except (SettingsError, UnknownJobError) as error:
        _refuse(error)


@group.command("webhooks")
def webhooks(
    instance: Annotated[str, typer.Option(help="The WhatsApp instance that reports a message.")] = EXAMPLE_INSTANCE,
) -> None:
    """Write what an Evolution gateway reports of a text message, with the instance's webhook secret."""
    try:
        _print(webhook_event(instance, load_settings()))
    except (SettingsError, ValueError) as error:
        _refuse(error)


def _print(event: dict[str, Any]) -> None:
    typer.echo(json.dumps(event, ensure_ascii=False, indent=2))


def _refuse(error: Exception) -> NoReturn:
    typer.echo(f"aurora: {error}", err=True)
    raise typer.Exit(2) from error
