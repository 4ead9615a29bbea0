"""What the doctor advises about schedules that are not what they must be."""

from dataclasses import replace

import pytest

from infra.doctor.schedules import remedy_for
from shared.ports import Publication, Schedule
from shared.schedules import FAN_OUT, Plan

URL = "https://aurora.example/schedules"
SWEEP = Schedule(
    id="aurora.sweep",
    cron="* * * * *",
    destination=f"{URL}/sweep",
    publication=Publication(job="sweep", body="{}", retries=2),
)
ROUTINE = replace(SWEEP, id="aurora.birthdays", destination=f"{URL}/{FAN_OUT}")


@pytest.mark.parametrize(
    ("changes", "is_excused"),
    [
        (Plan(create=(ROUTINE,)), True),
        (Plan(create=(SWEEP, ROUTINE)), False),
        (Plan(create=(ROUTINE,), update=(ROUTINE,)), False),
        (Plan(pause=(ROUTINE,)), False),
    ],
)
def test_a_full_plan_is_thought_of_where_only_routines_lack_a_schedule(changes: Plan, is_excused: bool) -> None:
    """The sweep runs those; a sync is the first thing to try in any case."""
    remedy = remedy_for(changes)
    assert remedy.startswith("run `aurora schedules sync`")
    assert ("takes no more" in remedy) == is_excused
