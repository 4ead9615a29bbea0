"""What is promised of bursts, as invariants over an end state like those of `infra.simulation.promises`."""

from collections.abc import Iterator
from datetime import timedelta

from infra.simulation.end_state import Claim, EndState, StoredMessage

#: The queue counts whole seconds.
_ROUNDING = 0.1


def bursts_are_joined(end: EndState) -> Iterator[str]:
    """A burst gets one joined answer; a message that arrives while the answer is written gets the next. No turn begins
    within the quiet window of the newest message it covers, unless the burst is older than its cap."""
    rows = {(message.conversation_id, message.seq): message for message in end.inbound}
    for claim in end.claims:
        newest = rows.get((claim.conversation_id, claim.covers_seq))
        if newest is None or newest.revoked_at is not None or claim.follows_on or newest.id not in end.stored_at:
            continue
        waited = claim.at - end.stored_at[newest.id]
        if waited < end.quiet_window_seconds - _ROUNDING and not _is_capped(end, claim, newest):
            yield f"the turn of {newest.described} began {waited:.1f} s after it was stored"


def _is_capped(end: EndState, claim: Claim, newest: StoredMessage) -> bool:
    """Tell whether something that `claim` covers waited as long as a burst may, by the clock that decides it."""
    limit = claim.database_time - timedelta(seconds=end.burst_seconds)
    return any(
        message.created_at <= limit
        for message in end.inbound
        if message.conversation_id == newest.conversation_id
        and message.seq < newest.seq
        and (message.answered_by is None or message.answered_by == newest.answered_by)
    )


def bursts_are_capped(end: EndState) -> Iterator[str]:
    """A burst has a hard cap: without faults nobody who types on and on waits longer for the turn than that and one
    quiet window."""
    if not end.calm:
        return
    rows = {(message.conversation_id, message.seq): message for message in end.inbound}
    for claim in end.claims:
        newest = rows.get((claim.conversation_id, claim.covers_seq))
        if newest is None or claim.follows_on:
            continue
        together = [
            end.stored_at[message.id]
            for message in end.inbound
            if message.answered_by is not None and message.answered_by == newest.answered_by
        ]
        waited = claim.at - min(together, default=claim.at)
        if waited > end.burst_seconds + end.quiet_window_seconds + 1:
            yield f"the turn of {newest.described} began {waited:.1f} s after its first message"
