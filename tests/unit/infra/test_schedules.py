"""What must change so that QStash's schedules are those that the jobs declare."""

import pytest

from infra.schedules import Plan, plan
from shared.adapters.qstash_schedules import Schedule


def schedule(name: str, cron: str = "*/5 * * * *", host: str = "https://aurora.example") -> Schedule:
    return Schedule(id=f"aurora.{name}", cron=cron, destination=f"{host}/jobs/{name}")


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [
        ([], [], Plan((), (), ())),
        ([schedule("a")], [schedule("a")], Plan((), (), ())),
        ([schedule("b"), schedule("a")], [], Plan((schedule("a"), schedule("b")), (), ())),
        ([schedule("a", "0 9 * * *")], [schedule("a")], Plan((), (schedule("a", "0 9 * * *"),), ())),
        (
            [schedule("a", host="https://new.example")],
            [schedule("a")],
            Plan((), (schedule("a", host="https://new.example"),), ()),
        ),
        ([], [schedule("a")], Plan((), (), (schedule("a"),))),
    ],
)
def test_plan_holds_only_what_differs(wanted: list[Schedule], present: list[Schedule], expected: Plan) -> None:
    """A schedule is created, updated or deleted when it is missing, differs, or is no longer declared."""
    assert plan(wanted, present) == expected
