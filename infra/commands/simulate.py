"""`aurora simulate`: play seeded worlds full of faults and check the ten promises over what is left of each."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from infra.simulation.playing import Outcome


def simulate(
    seed: Annotated[int, typer.Option("--seed", help="The first seed.")] = 1,
    count: Annotated[int, typer.Option("--count", min=1, help="How many seeds, one after the other.")] = 20,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share the seeds.")] = 1,
    calm: Annotated[bool, typer.Option("--calm", help="Play without any fault.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell the story of every seed.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Print figures of all seeds together.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON and nothing else.")] = False,
) -> None:
    """Play worlds of several businesses under faults, in virtual time; the same seed gives the same story.

    Exit status 0 says that every promise held in every world. A seed that broke one tells its story.
    """
    from infra.simulation.playing import play_seeds

    started = time.perf_counter()
    result = play_seeds(
        range(seed, seed + count),
        calm=calm,
        verbose=verbose,
        workers=workers,
        tell=(lambda outcome: None) if as_json else _tell,
    )
    figures = {
        **result.figures.report(),
        "cost_of_one_answered_message": result.cost,
        "failed_seeds": {str(each): list(broken) for each, broken in sorted(result.broken.items())},
        "real_seconds": round(time.perf_counter() - started, 1),
    }
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        if report:
            _print(figures)
        typer.echo(_verdict(count, sorted(result.broken)))
    raise typer.Exit(1 if result.broken else 0)


def _tell(outcome: "Outcome") -> None:
    if outcome.story:
        typer.echo(f"seed {outcome.seed} ({outcome.digest})")
        typer.echo("\n".join(outcome.story))
    for each in outcome.broken:
        typer.echo(f"seed {outcome.seed} broke promise {each}")


def _print(figures: Mapping[str, Any], indent: str = "") -> None:
    for name, value in figures.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            typer.echo(f"{indent}{label}" if value else f"{indent}{label:<{44 - len(indent)}} none")
            _print(value, indent + "  ")
        else:
            typer.echo(f"{indent}{label:<{44 - len(indent)}} {value}")


def _verdict(count: int, failed: list[int]) -> str:
    if not failed:
        return f"every promise held in {count} worlds"
    return (
        f"{len(failed)} of {count} worlds broke a promise: {', '.join(map(str, failed))}\n"
        f"tell one again with: aurora simulate --seed {failed[0]} --count 1 --verbose"
    )
