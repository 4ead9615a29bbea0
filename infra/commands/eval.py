"""`aurora eval`: play the scenarios against a model and say how well it serves, by capability."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.evaluation.playing import Played
    from infra.evaluation.report import CapabilityReport

SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"


def evaluate(
    model: Annotated[str, typer.Option("--model", help="The model's name at OPENAI_BASE_URL.")] = "stand-in",
    only: Annotated[str, typer.Option("--only", help="Play scenarios whose name holds this text.")] = "",
    folder: Annotated[Path, typer.Option("--scenarios", help="Where the scenarios are.")] = SCENARIOS,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print every conversation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON and nothing else.")] = False,
) -> None:
    """Play conversations with both assistants and check replies, tools and what is stored in the end.

    With another model than `stand-in`, OPENAI_BASE_URL and OPENAI_API_KEY say where it is; its calls cost money. Exit
    status 0 says that every scenario passed.
    """
    from infra.evaluation.report import report_of

    played = asyncio.run(_play_all(folder, model=model, only=only))
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in report_of(played)], indent=2))
    else:
        for each in played:
            _tell(each, verbose=verbose)
        _print(report_of(played))
    raise typer.Exit(0 if played and all(each.passed for each in played) else 1)


async def _play_all(folder: Path, *, model: str, only: str) -> "list[Played]":
    from infra.evaluation.playing import play
    from infra.evaluation.scenario import load_business, load_scenarios
    from infra.evaluation.stage import stage_on
    from infra.local.environment import OPENAI_API_KEY
    from infra.local.llm import ModelConfig
    from infra.local.llm import create_app as llm_app
    from infra.local.postgres import PostgresServer
    from infra.local.scratch import scratch_folder
    from infra.local.server import serving
    from infra.local.stack import migrate_local
    from infra.local.valkey import ValkeyServer

    scenarios = [each for each in load_scenarios(folder) if only.casefold() in each.id.casefold()]
    async with AsyncExitStack() as running:
        scratch = running.enter_context(scratch_folder())
        valkey = running.enter_context(ValkeyServer(scratch / "valkey", durable=False))
        postgres = running.enter_context(PostgresServer(scratch / "postgres", durable=False))
        migrate_local(postgres.dsn("postgres"))
        environment = _model_environment(model)
        if not environment:
            url = await running.enter_async_context(serving(llm_app(ModelConfig(api_key=OPENAI_API_KEY))))
            environment = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "stand-in"}
        stage = await running.enter_async_context(
            stage_on(postgres.dsn("postgres"), valkey=valkey.address, model_environment=environment)
        )
        return [await play(each, load_business(folder, each.business), stage) for each in scenarios]


def _model_environment(model: str) -> dict[str, str]:
    """Return the variables of a real model, none for the stand-in."""
    import os

    if model == "stand-in":
        return {}
    names = [name for name in os.environ if name.startswith(("OPENAI_", "MODEL_PRICES"))]
    return {**{name: os.environ[name] for name in names}, "OPENAI_MODEL": model}


def _tell(played: "Played", *, verbose: bool) -> None:
    if verbose or not played.passed:
        typer.echo(f"{'passed' if played.passed else 'FAILED'}  {played.scenario.id}")
        for line in played.transcript:
            typer.echo(f"    {line}")
    for problem in played.problems:
        typer.echo(f"    ! {problem}")


def _print(report: "Sequence[CapabilityReport]") -> None:
    typer.echo(f"{'capability':<24}{'passed':>10}{'rate':>7}{'calls':>7}{'cost':>12}{'p50 s':>8}{'p95 s':>8}")
    for line in report:
        share, cost = f"{line.passed}/{line.total}", f"{line.cost_micros / 1_000_000:.4f}"
        p50, p95 = (f"{value:.3f}" if value is not None else "-" for value in (line.seconds_p50, line.seconds_p95))
        typer.echo(f"{line.capability:<24}{share:>10}{line.rate:>7.0%}{line.model_calls:>7}{cost:>12}{p50:>8}{p95:>8}")
