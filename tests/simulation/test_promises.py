"""Three hundred seeded worlds, each full of other people and other faults: in all of them every promise holds.

They are divided into classes so that a parallel run shares them out.
"""

import pytest

from infra.simulation.promises import broken_promises
from infra.simulation.stage import Stage


def check(stage: Stage, seed: int) -> None:
    """Play a seed; when a promise breaks, tell its story."""
    run = stage.play(seed)
    broken = broken_promises(run.end)
    story = "\n".join(run.story.lines)
    assert broken == [], f"aurora simulate --seed {seed} --count 1 --verbose tells this again:\n{story}"


class TestFirstWorlds:
    """Seeds 1 to 75."""

    @pytest.mark.parametrize("seed", range(1, 76))
    def test_every_promise_holds(self, stage: Stage, seed: int) -> None:
        """What is left after the faults keeps all ten promises."""
        check(stage, seed)


class TestSecondWorlds:
    """Seeds 76 to 150."""

    @pytest.mark.parametrize("seed", range(76, 151))
    def test_every_promise_holds(self, stage: Stage, seed: int) -> None:
        """What is left after the faults keeps all ten promises."""
        check(stage, seed)


class TestThirdWorlds:
    """Seeds 151 to 225."""

    @pytest.mark.parametrize("seed", range(151, 226))
    def test_every_promise_holds(self, stage: Stage, seed: int) -> None:
        """What is left after the faults keeps all ten promises."""
        check(stage, seed)


class TestFourthWorlds:
    """Seeds 226 to 300."""

    @pytest.mark.parametrize("seed", range(226, 301))
    def test_every_promise_holds(self, stage: Stage, seed: int) -> None:
        """What is left after the faults keeps all ten promises."""
        check(stage, seed)
