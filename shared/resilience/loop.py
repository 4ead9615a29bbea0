"""Hears another bot at the other end, before the two of them talk all night.

Rules of the field (auto-replies of the WhatsApp Business app included): exchanges faster than people's, the same text
again and again, and the phrases by which machines announce themselves.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise, takewhile

from shared.models import HistoryMessage, Speaker
from shared.words import fold

#: More answered exchanges than this within `WINDOW` are no conversation between a person and an assistant: with the
#: quiet window, the answer and its reading, a quick person comes to seven, a machine to eight or more.
MOST_EXCHANGES = 7
WINDOW = timedelta(minutes=1)
#: A machine answers this soon; people too, but not in the same words or in a machine's.
SOON = timedelta(seconds=20)
#: People repeat short texts, such as "sim" and "quero sim": so many letters and digits make a text worth comparing.
SHORTEST_REPETITION = 20

_AUTO_REPLIES = re.compile(
    "|".join(
        (
            r"\b(esta|essa|isto|isso) e uma? (mensagem|resposta|atendimento) automatic[ao]",
            r"^\W*(mensagem|resposta) automatica\b",
            r"\b(favor )?nao responda (a )?(esta|essa|este|esse) (mensagem|numero|e-?mail)",
            r"\b(este|esse) numero nao (recebe|aceita) (mensagens|respostas)",
            r"\bagradece(mos)? (o |a |pelo |pela )?(seu |sua )?(contato|mensagem)\b.*"
            r"\b(retorna(re)?mos|respond(ere)?mos|assim que possivel|em breve|como podemos ajudar)",
            r"\bno momento nao (estamos disponiveis|podemos (atender|responder))",
            r"\bnao estamos disponiveis no momento",
            r"\bestamos fora do (nosso )?horario de atendimento",
            r"\bthis is an automat(ed|ic) (message|reply|response)",
            r"^\W*(automat(ed|ic) (message|reply|response)|auto-?reply)\b",
            r"\b(please )?do not (reply|respond) to this (message|number|e-?mail)",
            r"\bthank you for (contacting|your message|reaching out)\b.*"
            r"\b(get back to you|respond|reply|as soon as possible|let us know how we can help)",
            r"\bwe('re| are) (unavailable|currently closed|away) (right now|at the moment)",
            r"\bi am (currently )?out of (the )?office\b",
        )
    ),
    re.DOTALL,
)


class LoopReason(StrEnum):
    """What gave the other bot away."""

    TOO_FAST = "too_fast"  #: more exchanges within a minute than people have
    REPEATED = "repeated"  #: the same text twice, each soon after ours
    AUTO_REPLY = "auto_reply"  #: a known automatic text, soon after ours


def looks_like_a_bot(history: Sequence[HistoryMessage]) -> LoopReason | None:
    """Say why the newest messages of `history`, oldest first, look like a machine's, or None.

    Only what answers the assistant counts: who writes first, or writes to a person of the business, is in no loop.
    """
    ours, theirs = _newest_exchange(history)
    if ours is None or not theirs:
        return None
    exchanges = [(one, other) for one, other in pairwise(history) if _is_exchange(one, other)]
    if sum(theirs[-1].sent_at - answer.sent_at < WINDOW for _, answer in exchanges) > MOST_EXCHANGES:
        return LoopReason.TOO_FAST
    if any(_AUTO_REPLIES.search(fold(answer.text or "")) for answer in theirs if _soon(ours, answer)):
        return LoopReason.AUTO_REPLY
    if len(exchanges) > 1 and all(_soon(*exchange) for exchange in exchanges[-2:]):
        before, now = (fold(answer.text or "") for _, answer in exchanges[-2:])
        if before == now and sum(map(str.isalnum, now)) >= SHORTEST_REPETITION:
            return LoopReason.REPEATED
    return None


def _newest_exchange(
    history: Sequence[HistoryMessage],
) -> tuple[HistoryMessage | None, list[HistoryMessage]]:
    """Return our last message and all that answers it; None when a person of the business spoke last, or nobody."""
    theirs = list(takewhile(lambda message: message.speaker is Speaker.CONTACT, reversed(history)))[::-1]
    ours = history[-len(theirs) - 1] if len(theirs) < len(history) else None
    return (ours if ours and ours.speaker is Speaker.ASSISTANT else None), theirs


def _is_exchange(one: HistoryMessage, other: HistoryMessage) -> bool:
    return one.speaker is Speaker.ASSISTANT and other.speaker is Speaker.CONTACT


def _soon(ours: HistoryMessage, answer: HistoryMessage) -> bool:
    return answer.sent_at - ours.sent_at <= SOON
