"""The gate that calls a person at once, without a model: for an emergency, and for who asks for one."""

from shared.answering.written import Written, notice_of
from shared.assistants.handover import urgent_reason, urgent_reply
from shared.assistants.urgency import Urgency, urgency_of
from shared.models import Audience, OpenTurn, Turn
from shared.services import Services
from shared.whatsapp.events import Kind

#: What holds words of the person's own; a place, a card or a file has names of other things.
_IN_WORDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.VOICE, Kind.AUDIO, Kind.IMAGE, Kind.VIDEO})


async def routing(open_turn: OpenTurn, services: Services) -> Written | None:
    """Hand a client's conversation over in the same breath as saying so."""
    turn = open_turn.turn
    if turn.audience is not Audience.CLIENT or (urgency := _most_urgent(turn)) is None:
        return None
    reason = urgent_reason(turn, urgency)
    return Written(text=urgent_reply(turn, urgency), hand_over_reason=reason, notice=notice_of(turn, reason))


def _most_urgent(turn: Turn) -> Urgency | None:
    found = {urgency_of(message.text or "") for message in turn.open_messages if message.kind in _IN_WORDS}
    return next((urgency for urgency in Urgency if urgency in found), None)
