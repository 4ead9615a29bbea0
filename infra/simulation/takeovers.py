"""What is promised when people take over, as invariants over an end state as in `infra.simulation.promises`."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from infra.simulation.end_state import EndState

#: How long a turn may take once it is given out, and the clock be set back meanwhile.
_THINKING = timedelta(seconds=140)
#: How long the assistant keeps silent after somebody typed on the business phone, less what the clock may be set back.
_PAUSE_SECONDS = 3600.0 - 60.0


def takeovers_are_respected(end: EndState) -> Iterator[str]:
    """Right before a reply leaves: human took over? Then it is withdrawn and recorded, not sent."""
    by_id = end.by_id
    typed: dict[str, list[float]] = defaultdict(list)
    for message in end.messages:
        if message.author == "business" and message.id in end.stored_at:
            typed[message.conversation_id].append(end.stored_at[message.id])
    clients = {each.id for each in end.conversations if each.audience == "client"}
    for send in end.sends:
        reply = by_id.get(send.message_id)
        if reply is None or reply.purpose != "reply" or reply.conversation_id not in clients:
            continue
        if any(at < send.at < at + _PAUSE_SECONDS for at in typed[reply.conversation_id]):
            yield f"{reply.described} was sent after somebody at the business had answered"
    for conversation in end.conversations:
        if conversation.id in clients and conversation.handed_over_at is not None:
            replies = [row for row in end.outbound if row.conversation_id == conversation.id and row.purpose == "reply"]
            last = max((row.seq for row in replies if row.created_at == conversation.handed_over_at), default=None)
            yield from (
                f"{row.described} was written after the handover"
                for row in replies
                if last is not None and row.seq > last
            )


def late_answers_are_a_persons(end: EndState) -> Iterator[str]:
    """A reply delayed beyond the deadline by an outage is handed to a human."""
    by_id = end.by_id
    clients = {each.id for each in end.conversations if each.audience == "client"}
    deadline = timedelta(seconds=end.freshness_seconds) + _THINKING
    for message in end.inbound:
        reply = by_id.get(message.answered_by or "")
        if reply is not None and message.conversation_id in clients and not reply.is_apology:
            waited = reply.created_at - message.written_at
            if waited > deadline:
                yield f"{message.described} was answered after {waited} by {reply.described}"
