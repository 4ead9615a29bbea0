"""`aurora simulate`: play seeded worlds full of faults and check the ten promises over what is left of each."""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from infra.simulation.world import Run


def simulate(
    seed: Annotated[int, typer.Option("--seed", help="The first seed.")] = 1,
    count: Annotated[int, typer.Option("--count", min=1, help="How many seeds, one after the other.")] = 20,
    calm: Annotated[bool, typer.Option("--calm", help="Play without any fault.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell the story of every seed.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Print figures of all seeds together.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON and nothing else.")] = False,
) -> None:
    """Play worlds of several businesses under faults, in virtual time; the same seed gives the same story.

    Exit status 0 says that every promise held in every world. A seed that broke one tells its story.
    """
    from infra.simulation.figures import Figures, cost, single_message
    from infra.simulation.promises import broken_promises
    from infra.simulation.stage import simulation_stage

    figures = Figures()
    failed: dict[int, list[str]] = {}
    started = time.perf_counter()
    with simulation_stage() as stage:
        for each in range(seed, seed + count):
            run = stage.play(each, calm=calm)
            figures.add(run)
            if broken := broken_promises(run.end):
                failed[each] = broken
            if not as_json:
                _tell(each, run, broken, verbose=verbose)
        price = cost(stage.play(0, calm=True, script=single_message()))
    result = {
        **figures.report(),
        "cost_of_one_answered_message": price,
        "failed_seeds": {str(each): broken for each, broken in failed.items()},
        "real_seconds": round(time.perf_counter() - started, 1),
    }
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    elif report:
        _print(result)
    if not as_json:
        typer.echo(_verdict(count, failed))
    raise typer.Exit(1 if failed else 0)


def _tell(seed: int, run: "Run", broken: list[str], *, verbose: bool) -> None:
    if verbose or broken:
        typer.echo(f"seed {seed} ({run.story.digest})")
        typer.echo("\n".join(run.story.lines))
    for each in broken:
        typer.echo(f"seed {seed} broke promise {each}")


def _print(result: dict[str, Any], indent: str = "") -> None:
    for name, value in result.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            typer.echo(f"{indent}{label}")
            _print(value, indent + "  ")
        else:
            typer.echo(f"{indent}{label:<{44 - len(indent)}} {value}")


def _verdict(count: int, failed: dict[int, list[str]]) -> str:
    if not failed:
        return f"every promise held in {count} worlds"
    again = min(failed)
    return (
        f"{len(failed)} of {count} worlds broke a promise: {', '.join(map(str, failed))}\n"
        f"tell one again with: aurora simulate --seed {again} --count 1 --verbose"
    )
