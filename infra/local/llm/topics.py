"""What the conversation has been about, so that an answer in a few words finds what it answers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.local.llm.conversation import Exchange
from infra.local.llm.dictation import reworded
from infra.local.llm.lexicon import CONCEPTS, Concept, manners
from infra.local.llm.texts import ASKS, say
from infra.local.llm.times import times_named
from infra.local.llm.words import fold

_LOOKED_BACK = 8  # exchanges
#: Chooses from what was offered: "o primeiro", "pode ser o das 10".
_CHOOSING = re.compile(
    r"^(?:(?:pode ser|quero|prefiro|e|vai|i'll take|i want|the|o|a|com) )*(?:o |a |the )?"
    r"(?:primeir[oa]|segund[oa]|terceir[oa]|ultim[oa]|first|second|third|last|numero \d+|number \d+|#?\d{1,2})\b"
)
#: Decides on what was proposed, by the number of the choice and perhaps a code.
_DECIDED = re.compile(r"^\W*(?:1(?: \d{4})?|3)\W*$")


@dataclass(frozen=True)
class Topic:
    """What was talked about last, when it is still open."""

    concept: Concept | None
    #: What the user said about it, newest first.
    texts: tuple[str, ...] = ()
    #: Whether the assistant's last text asks the user something.
    asked: bool = False

    @property
    def name(self) -> str:
        """Return the name under which concepts share a topic."""
        return self.concept.topic if self.concept else ""

    def concept_of(self, question: str) -> Concept | None:
        """Return what a follow-up asks for: a time chosen from free ones is to be booked."""
        chosen = self.concept is not None and self.concept.name == "availability" and times_named(question)
        if chosen and "?" not in question:
            return next(concept for concept in CONCEPTS if concept.name == "booking")
        return self.concept

    def choosing(self, folded: str) -> bool:
        """Tell whether a text chooses from what the assistant listed."""
        return self.asked and _CHOOSING.match(folded) is not None

    def rewords(self, question: str) -> bool:
        """Tell whether a text gives other words to what was dictated."""
        return self.name in {"message", "campaign"} and reworded(question) is not None


def topic_of(exchanges: Sequence[Exchange], said: Callable[[str], list[Concept]]) -> Topic:
    """Return the open topic: the last that was asked for, unless it was settled since."""
    texts: list[str] = []
    concept: Concept | None = None
    for exchange in reversed(exchanges[-_LOOKED_BACK:]):
        if any(_settles(text) for text in exchange.said):
            break
        found = [found for text in exchange.said for found in said(text) if not found.passing]
        if concept is not None and not _goes_on(concept, found):
            break
        texts += reversed(exchange.said)
        concept = _main(found) or concept if concept is None else concept
        if concept is not None and not concept.topic:
            break
    reply = exchanges[-1].reply if exchanges else ""
    return Topic(concept, tuple(texts) if concept else (), "?" in reply or bool(asked_for(reply)))


def asked_for(reply: str) -> frozenset[str]:
    """Return the roles of the arguments that an assistant's text asks for."""
    for language in ("pt", "en"):
        lead = say("missing", language, names="").split(":")[0]
        if lead in reply:
            asked = reply.split(lead, 1)[1]
            found = {role for role, names in ASKS.items() if names[language == "en"] in asked}
            return frozenset(found or {"query"})
    return frozenset()


def _settles(text: str) -> bool:
    folded = fold(text)
    return any(pattern.match(folded) for pattern in (manners.YES, manners.NO, _DECIDED))


def _main(found: list[Concept]) -> Concept | None:
    """Return what a message with several wishes is mainly about."""
    return next((concept for concept in found if concept.topic), found[-1] if found else None)


def _goes_on(concept: Concept, earlier: list[Concept]) -> bool:
    """Tell whether an earlier message is about the same; one that asks for nothing by itself is."""
    return not earlier or any(other.topic and other.topic == concept.topic for other in earlier)
