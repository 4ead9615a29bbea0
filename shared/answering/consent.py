"""The gates where a person who wants no messages is heeded, without a model.

A stop is confirmed once in full; who repeats it is told in short that it holds, because silence would look like a stop
that was not heeded. What may as well mean an appointment is asked about, in a fixed text, and the answer is recognised
by that text being the last thing that was said.
"""

from datetime import timedelta

from shared.answering.written import Written
from shared.assistants.handover import introduced
from shared.assistants.texts import texts_for
from shared.models import Audience, HistoryMessage, OpenTurn, Speaker, Turn
from shared.services import Services
from shared.whatsapp.events import Kind
from shared.whatsapp.opt_out import MessagingWish, answers_a_question, confirms_stop, messaging_wish

_IN_WORDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.VOICE, Kind.AUDIO})
_VALID = timedelta(days=1)  #: a question is pending so long


async def stop_wanted(open_turn: OpenTurn, services: Services) -> Written | None:
    """Heed the first clear stop, whatever else keeps the assistant from answering: it must not depend on any limit."""
    turn = open_turn.turn
    if turn.audience is not Audience.CLIENT or _opted_out_before(turn):
        return None
    return _opted_out(turn) if _clear_wish(turn) is MessagingWish.STOP else None


async def consent(open_turn: OpenTurn, services: Services) -> Written | None:
    """Answer what else a client says of being written to: a stop again, a return, the answer to our question.

    What is unclear is asked about, unless it belongs to an open proposal or to what the assistant has just asked.
    """
    turn = open_turn.turn
    if turn.audience is not Audience.CLIENT:
        return None
    texts, wish = texts_for(turn.organization.locale).consent, _clear_wish(turn)
    if wish is MessagingWish.STOP:
        return Written(text=introduced(turn, texts.opted_out_before)) if _opted_out_before(turn) else _opted_out(turn)
    if turn.contact.opted_out:
        return _opted_in(turn) if wish is MessagingWish.RESUME else None
    said = "\n".join(_words(turn))
    if _asked_which_one(turn):
        return _opted_out(turn) if confirms_stop(said) else None
    if messaging_wish(said) is MessagingWish.UNCLEAR and not _belongs_elsewhere(turn, said):
        return Written(text=introduced(turn, texts.which_one))
    return None


def _opted_out_before(turn: Turn) -> bool:
    return turn.contact.opted_out and not turn.contact.opted_out_now


def _opted_out(turn: Turn) -> Written:
    text = texts_for(turn.organization.locale).consent.opted_out
    effect = {"kind": "consent", "event": "opted_out", "source": "message"}
    return Written(text=introduced(turn, text), effects=(effect,))


def _opted_in(turn: Turn) -> Written:
    text = texts_for(turn.organization.locale).consent.opted_in
    effect = {"kind": "consent", "event": "opted_in", "source": "message"}
    return Written(text=introduced(turn, text), effects=(effect,))


def _words(turn: Turn) -> tuple[str, ...]:
    return tuple(message.text for message in turn.open_messages if message.text and message.kind in _IN_WORDS)


def _clear_wish(turn: Turn) -> MessagingWish | None:
    """Return the last clear wish among the open messages: who changes their mind means what they said last."""
    wishes = [messaging_wish(text) for text in _words(turn)]
    return next((wish for wish in reversed(wishes) if wish not in {None, MessagingWish.UNCLEAR}), None)


def _last_said(turn: Turn) -> HistoryMessage | None:
    """Return what the assistant said last, None when somebody else spoke since, or it is long ago."""
    before = [message for message in turn.history if not message.open]
    if not before or before[-1].speaker is not Speaker.ASSISTANT or turn.now - before[-1].sent_at > _VALID:
        return None
    return before[-1]


def _asked_which_one(turn: Turn) -> bool:
    last = _last_said(turn)
    # On first contact the question came behind the disclosure.
    return last is not None and (last.text or "").endswith(texts_for(turn.organization.locale).consent.which_one)


def _belongs_elsewhere(turn: Turn, said: str) -> bool:
    last = _last_said(turn)
    asked = last is not None and "?" in (last.text or "")
    return (turn.proposal is not None or asked) and answers_a_question(said)
