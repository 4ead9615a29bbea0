"""`aurora simulate` as its user meets it: figures, and an exit status that can be relied upon."""

import json

import pytest
from typer.testing import CliRunner

from infra.cli import app
from infra.simulation.figures import Figures


def test_figures_are_printed_as_json_and_the_status_is_zero_when_all_promises_held() -> None:
    """What a program needs of one world: counts, nothing broken, and what an answer costs."""
    done = CliRunner().invoke(app, ["simulate", "--seed", "3", "--count", "1", "--json"])
    figures = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (figures["worlds"], figures["duplicates"], figures["lost"], figures["out_of_order"]) == (1, 0, 0, 0)
    assert figures["failed_seeds"] == {}
    assert figures["cost_of_one_answered_message"]["outbound calls"] <= 12


def test_a_report_and_a_story_are_for_reading() -> None:
    """With words instead of JSON, the story of a seed and the figures of all."""
    done = CliRunner().invoke(app, ["simulate", "--seed", "3", "--count", "1", "--calm", "--verbose", "--report"])
    assert done.exit_code == 0
    assert "the dust settles" in done.stdout
    assert "seconds from last message to reply" in done.stdout
    assert done.stdout.endswith("every promise held in 1 worlds\n")


@pytest.mark.parametrize("option", [["--count", "0"], ["--workers", "0"], ["--seed", "many"]])
def test_what_cannot_be_played_is_refused(option: list[str]) -> None:
    """A wrong number is named, and nothing is started."""
    done = CliRunner().invoke(app, ["simulate", *option])
    assert done.exit_code == 2
    assert option[0] in done.output


def test_figures_of_several_processes_add_up() -> None:
    """What two processes counted is the sum."""
    mine, theirs = Figures(worlds=1), Figures(worlds=2)
    mine.counts["messages"], theirs.counts["messages"] = 3, 4
    theirs.recoveries["queue"].append(5.0)
    mine.merge(theirs)
    assert (mine.worlds, mine.counts["messages"], mine.recoveries["queue"]) == (3, 7, [5.0])
    assert mine.report()["seconds_to_recover_after_outage"]["queue"]["max"] == 5.0
