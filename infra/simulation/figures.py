"""The figures of many worlds: what was played, what came of it, how long it took and what it cost."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.simulation.end_state import EndState
from infra.simulation.people import Action, Business, Kind, Person, Script
from infra.simulation.proactive import departures
from infra.simulation.promises import broken_promises
from infra.simulation.world import Run

#: The paths of one message's trip.
_TRIP = (
    "/webhooks/evolution/loja",
    "/jobs/message.receive",
    "/jobs/conversation.reply",
    "/jobs/message.send",
)


@dataclass
class Figures:
    """Grows by one world after the other."""

    worlds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    errands: Counter[str] = field(default_factory=Counter)
    proactive: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, run: Run) -> None:
        """Take in a world that was played."""
        end = run.end
        self.worlds += 1
        self.counts["messages"] += len(end.written())
        self.counts["bursts"] += sum(1 for _ in bursts(end.script, quiet=end.quiet_window_seconds))
        self.counts["replies"] += sum(1 for row in end.outbound if row.purpose == "reply" and row.state in _LEFT)
        self.counts["webhooks"] += sum(1 for report in end.reports if report.accepted)
        self.counts["queue messages"] += len(end.queue)
        self.counts["dead letters"] += len(end.dead_letters)
        for name, count in run.story.counts.items():
            if name.startswith("fault: "):
                self.faults[name.removeprefix("fault: ")] += count
        self.faults.update(f"{outage.dependency} outage" for outage in run.outages)
        self.decisions.update(row.decision for row in end.inbound if row.decision is not None)
        self.doubts.update(_settlements(end))
        self.errands.update(run.errand.errand for run in end.errands)
        self.proactive.update(_proactive_ends(end))
        self.broken.update(each.split(":")[0] for each in broken_promises(end))
        self.waits += [wait for _, wait in _waits(end)]
        for outage in run.outages:
            late = [at + wait - outage.end for at, wait in _waits(end) if outage.start <= at < outage.end]
            self.recoveries[outage.dependency].append(max(0.0, *late, 0.0))

    def merge(self, other: "Figures") -> None:
        """Take in the figures of other worlds."""
        self.worlds += other.worlds
        for mine, others in (
            (self.counts, other.counts),
            (self.faults, other.faults),
            (self.decisions, other.decisions),
            (self.doubts, other.doubts),
            (self.errands, other.errands),
            (self.proactive, other.proactive),
            (self.broken, other.broken),
        ):
            mine.update(others)
        self.waits += other.waits
        for dependency, seconds in other.recoveries.items():
            self.recoveries[dependency] += seconds

    def report(self) -> dict[str, Any]:
        """Return the figures as values of JSON. Times are virtual seconds."""
        return {
            "worlds": self.worlds,
            **self.counts,
            "decisions": dict(sorted(self.decisions.items())),
            "duplicates": self.broken["3 answered_once"] + self.broken["2 stored_once"],
            "lost": self.broken["1 accepted_is_durable"],
            "out_of_order": self.broken["4 in_order"],
            "broken_promises": dict(sorted(self.broken.items())),
            "errands": dict(sorted(self.errands.items())),
            "proactive": dict(sorted(self.proactive.items())),
            "in_doubt": dict(sorted(self.doubts.items())),
            "faults": dict(sorted(self.faults.items())),
            "seconds_from_last_message_to_reply": _percentiles(self.waits),
            "seconds_to_recover_after_outage": {
                dependency: _percentiles(seconds) for dependency, seconds in sorted(self.recoveries.items())
            },
        }


_LEFT = frozenset({"sent", "delivered", "read"})


def bursts(script: Script, *, quiet: float) -> Iterator[list[Action]]:
    """Yield what each person wrote to each number, divided where they paused for the quiet window."""
    written: dict[tuple[str, str], list[Action]] = defaultdict(list)
    for action in script.actions:
        if action.kind is Kind.WRITES and action.person is not None:
            written[action.instance, action.person.phone].append(action)
    for actions in written.values():
        burst: list[Action] = []
        for action in actions:
            if burst and action.at - burst[-1].at > quiet:
                yield burst
                burst = []
            burst.append(action)
        yield burst


def single_message() -> Script:
    """Return a script in which one person writes one message."""
    business = Business(
        name="Loja", timezone="America/Sao_Paulo", locale="pt-BR", owner_phone="5511970000000", instances=("loja",)
    )
    person = Person(name="Ana", phone="5511912345678")
    message = Action(at=1.0, kind=Kind.WRITES, instance="loja", person=person, message_id="3EB0", text="Oi [m1]")
    return Script(businesses=(business,), actions=(message,))


def cost(run: Run) -> dict[str, int]:
    """Return what the trip of the message of `single_message` cost: calls to the outside, queue messages, commands."""
    calls = {path.rsplit("/", 1)[-1]: run.calls[path] for path in _TRIP[1:]}
    # Of the webhooks only the first belongs to the trip; the others tell of what was sent.
    calls = {"webhook": run.calls[_TRIP[0]] // max(1, run.requests[_TRIP[0]]), **calls}
    jobs = {path.removeprefix("/jobs/") for path in _TRIP[1:]}
    return {
        **calls,
        "outbound calls": sum(calls.values()),
        "queue messages": sum(1 for message in run.end.queue if message.job in jobs),
        "redis commands": run.story.counts["redis commands"],
        "redis round trips": run.story.counts["call: redis"],
    }


def _waits(end: EndState) -> list[tuple[float, float]]:
    """Return for each reply when the newest message it answers was written and how long its answer took."""
    written = {action.message_id: action for action in end.written()}
    arrived = {(arrival.instance, arrival.message_id): arrival.at for arrival in end.arrivals}
    newest: dict[str, float] = {}
    for row in end.inbound:
        action = written.get(row.provider_message_id or "")
        if row.answered_by is not None and action is not None:
            newest[row.answered_by] = max(newest.get(row.answered_by, 0.0), action.at)
    by_id = end.by_id
    found = []
    for reply_id, at in newest.items():
        reply = by_id[reply_id]
        left_at = arrived.get((reply.instance, reply.provider_message_id or ""))
        if left_at is not None:
            found.append((at, left_at - at))
    return found


def _settlements(end: EndState) -> Iterator[str]:
    """Say of each send that was in doubt how that ended."""
    for row in end.outbound:
        if row.unknown_since is not None or row.state == "unknown":
            if row.state in _LEFT and row.resends:
                yield "sent again"
            elif row.state in _LEFT:
                yield "found by a look-up" if row.id in end.found else "told by an echo"
            else:
                yield str(row.state)


def _proactive_ends(end: EndState) -> Iterator[str]:
    """Say of each message of a business's own accord, and of each follow-up that did not become one, how it ended."""
    for departure in departures(end):
        yield f"arrived: {departure.followup.kind if departure.followup else 'outreach'}"
    for row in end.proactive:
        if row.state == "withdrawn":
            yield f"withdrawn: {row.last_error}"
    yield from (f"{each.state}: {each.reason}" for each in end.followups if each.reason is not None)


def _percentiles(values: list[float]) -> dict[str, float]:
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "max": round(ordered[-1], 1),
    }
