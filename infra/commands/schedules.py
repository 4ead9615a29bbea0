"""`aurora schedules …`: QStash's cron schedules, kept equal to what the jobs declare."""

import asyncio
import dataclasses
import json

import typer

from infra.commands.running import run
from infra.commands.terminal import JsonOption, settings_or_exit

group = typer.Typer(no_args_is_help=True, help="Keep QStash's schedules equal to what the jobs declare.")


@group.command("diff")
def diff(as_json: JsonOption = False) -> None:
    """Show what `sync` would change."""
    _run(apply=False, as_json=as_json)


@group.command("sync")
def sync(as_json: JsonOption = False) -> None:
    """Create, update and delete what differs; schedules that are not Aurora's are left alone."""
    _run(apply=True, as_json=as_json)


def _run(*, apply: bool, as_json: bool) -> None:
    from infra.schedules import Plan, plan_schedules, sync_schedules
    from shared.adapters.qstash_schedules import QStashSchedules

    settings = settings_or_exit()

    async def change(_: asyncio.Event) -> int:
        schedules = QStashSchedules(settings.qstash_url, settings.qstash_token, public_url=settings.public_url)
        changes: Plan = await (sync_schedules(schedules) if apply else plan_schedules(schedules))
        await schedules.aclose()
        typer.echo(json.dumps(dataclasses.asdict(changes)) if as_json else "\n".join(_lines(changes)))
        return 0

    def _lines(changes: Plan) -> list[str]:
        rows = (("create", changes.create), ("update", changes.update), ("delete", changes.delete))
        lines = [f"{verb}  {each.id}  {each.cron}  {each.destination}" for verb, found in rows for each in found]
        return lines or ["nothing to do"]

    run(change)
