"""One thing people ask for, and how a tool shows that it serves it."""

import re
from dataclasses import dataclass

#: Portuguese, English.
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Concept:
    """One thing people ask for."""

    name: str
    #: A pattern over folded text (see `words.fold`).
    said: re.Pattern[str]
    #: Beginnings of words in the name or description of a tool that serves it.
    served_by: tuple[str, ...]
    #: Beginnings of words in the name of a tool that does not, although a word of `served_by` is there, too.
    but_not: tuple[str, ...] = ()
    #: How the assistant offers it; None: it is nothing to offer.
    offer: Pair | None = None
    #: When it is said, nothing else in the same question counts.
    decisive: bool = False
    #: Less exact concepts that the same words seem to name.
    over: frozenset[str] = frozenset()
    #: A pattern over folded text with which it is not meant: "quem não veio?" has nobody marked.
    unless: re.Pattern[str] | None = None
    #: Only a tool that has one of the words in its name will do: a description is not enough to act on.
    acts: bool = False
    #: What is said in passing: without a tool, or without the details, nothing needs to be said about it.
    passing: bool = False
    #: It is about what has been: "segunda" is the last Monday.
    past: bool = False
    #: What it says by itself may be the answer to a question about another; the same topic goes on.
    topic: str = ""


def said(*phrases: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases as whole words."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


#: For what is never said in so many words.
UNSAID = re.compile(r"(?!)")

WEEKDAY = (
    r"(?:segunda|terca|quarta|quinta|sexta|sabado|domingo|feriado|\w+day|weekends?|holidays?|fim de semana|natal)s?"
)
DAY = rf"(?:hoje|amanha|depois|today|tomorrow|dia \d|\d{{1,2}}/|{WEEKDAY})"
#: Asks what something costs, whatever else is asked for in the same breath.
PRICED = said(
    r"quanto (?:que )?(?:e|custa|custam|fica|sai|ta|seria)",
    r"precos?",
    r"valor(?:es)?",
    r"prices?",
    r"how much",
    r"costs?",
)
