"""Checks run in order, and say what to do about a failure without hiding what follows from it."""

from collections.abc import Awaitable, Callable
from typing import cast

from infra.doctor.check import Check, Finding, Subject, UnhealthyError, perform
from shared.errors import QueueError

SUBJECT = cast(Subject, object())  # the checks here do not look at it

Ask = Callable[[Subject], Awaitable[None]]


def check(name: str, ask: Ask, *needs: str) -> Check:
    return Check(name=name, ask=ask, remedy=f"mend {name}", needs=needs)


async def passes(subject: Subject) -> None:
    return None


async def fails(subject: Subject) -> None:
    raise QueueError("it does not answer")


async def fails_with_advice(subject: Subject) -> None:
    raise UnhealthyError("it says 401", remedy="use another key")


async def never(subject: Subject) -> None:
    raise AssertionError("this check must not be tried")


async def findings_of(*checks: Check, subject: Subject | None = SUBJECT) -> list[Finding]:
    failed = {} if subject else {"settings": "set them"}
    return [finding async for finding in perform(checks, subject, failed=failed, start=2)]


async def test_findings_come_in_order_and_are_numbered() -> None:
    """Every check gives one finding, in the order of the checks."""
    findings = await findings_of(check("a", passes), check("b", fails), check("c", passes))
    assert [(each.number, each.name, each.passed) for each in findings] == [
        (2, "a", True),
        (3, "b", False),
        (4, "c", True),
    ]


async def test_a_failure_carries_its_cause_and_the_remedy() -> None:
    """What Aurora's own errors say is the problem; the check knows the usual remedy."""
    (finding,) = await findings_of(check("a", fails))
    assert (finding.problem, finding.remedy) == ("it does not answer", "mend a")


async def test_a_known_cause_brings_its_own_remedy() -> None:
    """Where the cause is known, the remedy is for this cause."""
    (finding,) = await findings_of(check("a", fails_with_advice))
    assert (finding.problem, finding.remedy) == ("it says 401", "use another key")


async def test_what_depends_on_a_failed_check_is_not_tried_and_fails() -> None:
    """A chain of checks fails from the first failure on, each naming what it waited for and the first one's remedy."""
    _, second, third, other = await findings_of(
        check("a", fails), check("b", never, "a"), check("c", never, "x", "b"), check("d", passes, "x")
    )
    assert second.problem == "not tried, because a failed"
    assert third.problem == "not tried, because b failed"
    assert {second.remedy, third.remedy} == {"mend a"}
    assert other.passed


async def test_nothing_is_tried_without_settings() -> None:
    """Without settings there is nothing to examine, and every check says so."""
    findings = await findings_of(check("a", never, "settings"), check("b", never, "a"), subject=None)
    assert [each.problem for each in findings] == ["not tried, because settings failed", "not tried, because a failed"]
    assert {each.remedy for each in findings} == {"set them"}
