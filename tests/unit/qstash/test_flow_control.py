"""The gate of a flow control key."""

import pytest

from infra.local.qstash.flow_control import FlowControl

NOW = 1_000_000


@pytest.mark.parametrize(
    ("flow", "active", "capacity"),
    [
        (FlowControl(key="k"), 99, None),
        (FlowControl(key="k", parallelism=3), 1, 2),
        (FlowControl(key="k", parallelism=3), 5, 0),
        (FlowControl(key="k", rate=4, rate_count=3, period_start=NOW), 0, 1),
        (FlowControl(key="k", rate=4, rate_count=4, period_start=NOW), 0, 0),
        (FlowControl(key="k", rate=4, rate_count=4, period_start=NOW - 1000), 0, 4),
        (FlowControl(key="k", rate=4, rate_count=4, period_start=NOW - 999), 0, 0),
        (FlowControl(key="k", parallelism=1, rate=9), 0, 1),
        (FlowControl(key="k", parallelism=9, paused=True), 0, 0),
        (FlowControl(key="k", paused=True), 0, 0),
    ],
)
def test_the_tightest_limit_decides(flow: FlowControl, active: int, capacity: int | None) -> None:
    """No limit is any number; a window that has ended counts nothing; paused is none."""
    assert flow.capacity(NOW, active) == capacity


def test_a_window_starts_with_the_first_dispatch_after_the_last_one_ended() -> None:
    """Windows are fixed from their first dispatch, not sliding and not aligned to the clock."""
    flow = FlowControl(key="k", rate=2, period=10).spend(NOW, 1)
    assert (flow.period_start, flow.rate_count) == (NOW, 1)
    flow = flow.spend(NOW + 9_999, 1)
    assert (flow.period_start, flow.rate_count) == (NOW, 2)
    assert flow.opens_at(NOW + 9_999) == NOW + 10_000
    flow = flow.spend(NOW + 12_345, 1)
    assert (flow.period_start, flow.rate_count) == (NOW + 12_345, 1)


def test_a_key_opens_by_itself_only_when_the_rate_holds_it() -> None:
    """Parallelism opens with a completion and a pause with a resume, not with time."""
    assert FlowControl(key="k", parallelism=1).opens_at(NOW) is None
    exhausted = FlowControl(key="k", rate=1, rate_count=1, period_start=NOW)
    assert exhausted.opens_at(NOW) == NOW + 1000
    assert FlowControl(key="k", rate=1, rate_count=1, period_start=NOW, paused=True).opens_at(NOW) is None
