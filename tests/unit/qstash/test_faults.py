"""Faults ordered for the next deliveries."""

from infra.local.qstash.faults import Fault, Faults


def test_faults_are_used_up_in_order() -> None:
    """The oldest that matches comes first, as often as it was ordered."""
    faults = Faults()
    drop, delay = Fault(action="drop", match="/a", count=2), Fault(action="delay", delay=5)
    faults.add(drop)
    faults.add(delay)
    taken = [faults.take(url) for url in ("https://x/b", "https://x/a", "https://x/a", "https://x/a")]
    assert [fault and fault.action for fault in taken] == ["delay", "drop", "drop", None]


def test_clearing_forgets_what_is_left() -> None:
    """After a clear deliveries are undisturbed."""
    faults = Faults()
    faults.add(Fault(action="drop", count=9))
    faults.clear()
    assert faults.take("https://x/a") is None
    assert faults.list() == ()
