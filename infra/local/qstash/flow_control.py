"""Flow control keys: limits, and the gate that a claim passes.

The documents are silent on two points. Every dispatch counts against the rate, retries included, and a window
starts with the first dispatch after the previous one ended.
"""

import sqlite3
from dataclasses import dataclass, replace

from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import FlowLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowControl:
    """Limits and counters of one key; 0 is no limit."""

    key: str
    parallelism: int = 0
    rate: int = 0
    #: Seconds.
    period: int = 1
    rate_count: int = 0
    #: Unix milliseconds; 0 before the first window.
    period_start: int = 0
    paused: bool = False
    pinned_parallelism: bool = False
    pinned_rate: bool = False

    @property
    def period_end(self) -> int:
        return self.period_start + self.period * 1000

    def at(self, now: int) -> "FlowControl":
        """Return the key as it is at `now`: a window that has ended counts nothing."""
        return self if now < self.period_end else replace(self, rate_count=0)

    def capacity(self, now: int, active: int) -> int | None:
        """Return how many more messages may leave at `now` with `active` in flight; None is any number."""
        if self.paused:
            return 0
        limits = []
        if self.parallelism:
            limits.append(self.parallelism - active)
        if self.rate:
            limits.append(self.rate - self.at(now).rate_count)
        return max(0, min(limits)) if limits else None

    def opens_at(self, now: int) -> int | None:
        """Return when the rate lets the next message leave, if it is the rate that holds it."""
        exhausted = self.rate and not self.paused and self.at(now).rate_count >= self.rate
        return self.period_end if exhausted else None

    def spend(self, now: int, count: int) -> "FlowControl":
        """Return the key after `count` dispatches at `now`."""
        if now >= self.period_end:
            return replace(self, rate_count=count, period_start=now)
        return replace(self, rate_count=self.rate_count + count)


def load(tx: Transaction, key: str) -> FlowControl | None:
    row = tx.one("select * from flow_controls where key = ?", (key,))
    return None if row is None else from_row(row)


def from_row(row: sqlite3.Row) -> FlowControl:
    return FlowControl(
        key=row["key"],
        parallelism=row["parallelism"],
        rate=row["rate"],
        period=row["period"],
        rate_count=row["rate_count"],
        period_start=row["period_start"],
        paused=bool(row["paused"]),
        pinned_parallelism=bool(row["pinned_parallelism"]),
        pinned_rate=bool(row["pinned_rate"]),
    )


def save(tx: Transaction, flow: FlowControl) -> None:
    tx.execute(
        "insert or replace into flow_controls (key, parallelism, rate, period, rate_count, period_start, paused,"
        " pinned_parallelism, pinned_rate) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            flow.key,
            flow.parallelism,
            flow.rate,
            flow.period,
            flow.rate_count,
            flow.period_start,
            flow.paused,
            flow.pinned_parallelism,
            flow.pinned_rate,
        ),
    )


def configure(tx: Transaction, key: str, *, limits: FlowLimits) -> None:
    """Give `key` the limits of the message that came last, except what is pinned."""
    known = load(tx, key)
    flow = known or FlowControl(key=key)
    if not flow.pinned_parallelism:
        flow = replace(flow, parallelism=limits.parallelism or 0)
    if not flow.pinned_rate:
        flow = replace(flow, rate=limits.rate or 0, period=limits.period)
    if flow != known:
        save(tx, flow)
        tx.lanes.add(f"f:{key}")
