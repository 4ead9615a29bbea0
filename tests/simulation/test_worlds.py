"""A world repeats itself, is made of real time's order without real time, and leaves nothing untried."""

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from infra.simulation.chaos import DEPENDENCIES, Fault, Mishap
from infra.simulation.figures import Figures, bursts, cost, single_message
from infra.simulation.functions import FUNCTIONS
from infra.simulation.loop import StalledError, run_virtually
from infra.simulation.people import Errand, Kind, write_script
from infra.simulation.promises import broken_promises
from infra.simulation.stage import Stage

ROOT = Path(__file__).parents[2]
SERVERLESS = ROOT / "serverless.yml"

TELL = """
from infra.simulation.stage import simulation_stage
with simulation_stage() as stage:
    print(*[stage.play(seed).story.digest for seed in (2, 8)])
"""


def digests_of_a_fresh_process(hash_seed: str) -> str:
    """Return the fingerprints of two worlds played in an interpreter of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", TELL]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)  # noqa: S603 - ours
    return done.stdout


def test_the_same_seed_tells_the_same_story() -> None:
    """Two processes, in which sets have other orders and identifiers other values, go the same way."""
    assert digests_of_a_fresh_process("1") == digests_of_a_fresh_process("2")


def test_a_story_does_not_depend_on_the_ones_before(stage: Stage) -> None:
    """A seed can be told again alone."""
    alone = stage.play(9).story.digest
    stage.play(10)
    assert stage.play(9).story.digest == alone


def test_virtual_time_costs_none() -> None:
    """A day passes at once, and in order."""

    async def wait() -> list[str]:
        order: list[str] = []

        async def note(word: str, hours: float) -> None:
            await asyncio.sleep(hours * 3600)
            order.append(word)

        await asyncio.gather(note("second", 24), note("first", 1))
        return order

    started = time.monotonic()
    assert run_virtually(wait()) == ["first", "second"]
    assert time.monotonic() - started < 5


def test_waiting_for_what_never_comes_is_an_error() -> None:
    """A world that stands still says so instead of hanging."""

    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StalledError):
        run_virtually(wait())


def test_functions_are_ended_when_the_deployment_ends_them() -> None:
    """The time limits of the simulated processes are those of `serverless.yml`."""
    deployed = re.findall(
        r"^  (\w+):\n    handler: functions.*?^    timeout: (\d+)", SERVERLESS.read_text(), re.M | re.S
    )
    limits = {name: limit for name, (_, limit) in FUNCTIONS.items()}
    assert limits == {name: float(seconds) for name, seconds in deployed if name in limits}


@pytest.fixture(scope="module")
def figures(stage: Stage) -> Figures:
    """The figures of forty worlds together."""
    figures = Figures()
    for seed in range(1, 41):
        figures.add(stage.play(seed))
    return figures


def test_every_fault_strikes(figures: Figures) -> None:
    """In forty worlds each fault of each dependency, each mishap, an outage of each and a jump of a clock happen."""
    expected = {f"{dependency} {fault}" for dependency in DEPENDENCIES for fault in Fault}
    expected |= {f"delivery {mishap}" for mishap in Mishap}
    expected |= {f"{dependency} outage" for dependency in DEPENDENCIES} | {"clock jumped", "gateway forgot an event"}
    assert expected - set(figures.faults) == set()


def test_every_way_to_end_is_taken(figures: Figures) -> None:
    """Messages are answered, handed over, stale and ignored; doubts are settled by echo, by look-up and by a resend."""
    assert figures.counts["replies"] > 0
    assert {"handed_over", "stale", "ignored"} <= set(figures.decisions)
    assert {"told by an echo", "found by a look-up", "sent again"} <= set(figures.doubts)


def test_every_gate_has_its_say(figures: Figures) -> None:
    """What businesses say of their own accord arrives in forty worlds, of each kind; and each rule holds some back."""
    kinds = {"custom", "appointment_reminder", "reactivation", "outreach"}
    gates = {"opted_out", "no_consent", "quiet_hours", "frequency_cap", "window_closed"}
    called_off = {"operator", "opted_out", "booking_moved", "booking_cancelled", "contact_wrote"}
    expected = {f"arrived: {kind}" for kind in kinds}
    expected |= {f"withdrawn: {gate}" for gate in gates} | {f"cancelled: {reason}" for reason in called_off}
    assert expected - set(figures.proactive) == set()


def test_people_do_everything_that_people_do() -> None:
    """Forty scripts hold every kind of action, copies, twins and bursts of several messages."""
    done: Counter[str] = Counter()
    for seed in range(40):
        script = write_script(random.Random(seed))  # noqa: S311 - a script is no secret
        done.update(action.kind for action in script.actions)
        done.update("copies" for action in script.actions if action.copies > 1)
        done.update("twins" for action in script.actions if action.twin)
        done.update("long burst" for burst in bursts(script, quiet=4.0) if len(burst) > 5)
    assert set(done) == {*Kind, "copies", "twins", "long burst"}


def test_businesses_run_every_errand(figures: Figures) -> None:
    """In forty worlds each errand takes effect."""
    assert set(Errand) - set(figures.errands) == set()


def test_one_answered_message_costs_little(stage: Stage) -> None:
    """At most 12 calls to the outside, 3 messages of the queue and 4 commands of Redis."""
    run = stage.play(0, calm=True, script=single_message())
    price = cost(run)
    assert broken_promises(run.end) == []
    assert len(run.end.arrivals) == 1
    assert price["outbound calls"] <= 12
    assert price["queue messages"] == 3
    assert price["redis commands"] <= 4
