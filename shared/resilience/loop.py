"""Hears another bot at the other end, before the two of them talk all night.

Rules of the field (auto-replies of the WhatsApp Business app included): exchanges faster than people's, the same text
again and again, and the phrases by which machines announce themselves.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from shared.models import HistoryMessage, Speaker

#: More answered exchanges than this within `WINDOW` are no conversation between a person and an assistant.
MOST_EXCHANGES = 5
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

    Only answers to the assistant count: who writes first, or writes to a person of the business, is in no loop.
    """
    messages = [message for message in history if message.speaker is not Speaker.BUSINESS]
    answers = [later for earlier, later in pairwise(messages) if _answers(earlier, later)]
    if not answers or not messages or messages[-1].speaker is not Speaker.CONTACT:
        return None
    if sum(messages[-1].sent_at - answer.sent_at < WINDOW for answer in answers) > MOST_EXCHANGES:
        return LoopReason.TOO_FAST
    return _machine_like([later for earlier, later in pairwise(messages) if _answers(earlier, later, within=SOON)])


def _answers(earlier: HistoryMessage, later: HistoryMessage, *, within: timedelta = WINDOW) -> bool:
    return (
        earlier.speaker is Speaker.ASSISTANT
        and later.speaker is Speaker.CONTACT
        and later.sent_at - earlier.sent_at <= within
    )


def _machine_like(prompt_answers: Sequence[HistoryMessage]) -> LoopReason | None:
    texts = [plain(answer.text or "") for answer in prompt_answers]
    if texts and _AUTO_REPLIES.search(texts[-1]):
        return LoopReason.AUTO_REPLY
    if len(texts) > 1 and texts[-1] == texts[-2] and sum(map(str.isalnum, texts[-1])) >= SHORTEST_REPETITION:
        return LoopReason.REPEATED
    return None


def plain(text: str) -> str:
    """Return `text` as it is compared: without case, accents and the width of its spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(each for each in decomposed if not unicodedata.combining(each)).split())
