"""What an evaluation came to, by capability."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from infra.evaluation.playing import Played


@dataclass(frozen=True, kw_only=True)
class CapabilityReport:
    """The scenarios of one capability."""

    capability: str
    passed: int
    total: int
    model_calls: int
    cost_micros: int
    seconds_p50: float | None  #: of a call to the model; None: it was not asked
    seconds_p95: float | None

    @property
    def rate(self) -> float:
        return self.passed / self.total


def report_of(played: Iterable[Played]) -> tuple[CapabilityReport, ...]:
    """Return one line per capability, in the order of first appearance, and one for all together."""
    groups: dict[str, list[Played]] = defaultdict(list)
    for each in played:
        groups[each.scenario.capability].append(each)
    together = [each for group in groups.values() for each in group]
    return tuple(_report(name, group) for name, group in [*groups.items(), ("all", together)] if group)


def _report(capability: str, group: Sequence[Played]) -> CapabilityReport:
    seconds = sorted(each for played in group for each in played.model_seconds)
    return CapabilityReport(
        capability=capability,
        passed=sum(played.passed for played in group),
        total=len(group),
        model_calls=sum(played.model_calls for played in group),
        cost_micros=sum(played.cost_micros for played in group),
        seconds_p50=_percentile(seconds, 50),
        seconds_p95=_percentile(seconds, 95),
    )


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    if len(ordered) < 2:
        return ordered[0] if ordered else None
    return quantiles(ordered, n=100, method="inclusive")[percent - 1]
