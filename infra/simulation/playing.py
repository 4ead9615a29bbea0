"""Plays many seeds, in one process or in several."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from infra.simulation.figures import Figures, cost, single_message
from infra.simulation.promises import broken_promises
from infra.simulation.stage import simulation_stage


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one seed came to."""

    seed: int
    digest: str
    broken: tuple[str, ...]
    story: tuple[str, ...]  #: empty unless a promise broke or every story was asked for


@dataclass(kw_only=True)
class Result:
    """What many seeds came to."""

    figures: Figures = field(default_factory=Figures)
    broken: dict[int, tuple[str, ...]] = field(default_factory=dict)
    cost: dict[str, int] = field(default_factory=dict)  #: of one answered message, without faults


def play_seeds(
    seeds: Sequence[int], *, calm: bool, verbose: bool, workers: int, tell: Callable[[Outcome], None]
) -> Result:
    """Play `seeds`, each with `tell` called for it, and return what they came to. Several workers keep no order."""
    result = Result()
    if workers == 1:
        figures, outcomes, result.cost = _play(seeds, calm, verbose, tell)
        result.figures.merge(figures)
        result.broken.update((each.seed, each.broken) for each in outcomes if each.broken)
        return result
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        shares = [pool.submit(_play, seeds[index::workers], calm, verbose, None) for index in range(workers)]
        for share in shares:
            figures, outcomes, result.cost = share.result()
            result.figures.merge(figures)
            for each in outcomes:
                tell(each)
                if each.broken:
                    result.broken[each.seed] = each.broken
    return result


def _play(
    seeds: Sequence[int], calm: bool, verbose: bool, tell: Callable[[Outcome], None] | None
) -> tuple[Figures, list[Outcome], dict[str, int]]:
    figures, outcomes = Figures(), []
    with simulation_stage() as stage:
        for seed in seeds:
            run = stage.play(seed, calm=calm)
            figures.add(run)
            broken = tuple(broken_promises(run.end))
            story = tuple(run.story.lines) if verbose or broken else ()
            outcomes.append(Outcome(seed=seed, digest=run.story.digest, broken=broken, story=story))
            if tell is not None:
                tell(outcomes[-1])
        return figures, outcomes, cost(stage.play(0, calm=True, script=single_message()))
