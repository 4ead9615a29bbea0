"""Texts that a person dictates: a message to a customer, the answer to a question."""

import re
from dataclasses import dataclass

from infra.local.llm.lexicon.acting import ANSWER, CAMPAIGN, MESSAGE
from infra.local.llm.spans import folded_of

_AFTER_COLON = re.compile(r"^(?P<head>[^:\n]{3,120}?):\s*(?!\d\d\b)(?P<text>.+)$", re.DOTALL)
_QUOTED = re.compile(r"^(?P<before>[^\"“«]*)[\"“«](?P<text>[^\"”»]+)[\"”»](?P<after>.*)$", re.DOTALL)
_AFTER_THAT = re.compile(
    r"^(?P<head>.{0,20}?\b(?:avis\w+|di(?:z|ga|zer)|fal[ae]r?|lembr\w+|mand\w+|envi\w+|escrev\w+|tell|let"
    r"|remind|message"
    r"|write(?: to)?|send)\b.{1,60}?) (?:que|dizendo(?: que)?|falando(?: que)?|avisando(?: que)?|that|saying(?: that)?"
    r"|know(?: that)?) (?P<text>.+)$",
    re.DOTALL,
)
_TOLD = re.compile(r"^(?P<head>(?:please )?(?:tell|remind|message) [a-z]+) (?P<text>[a-z].+)$", re.DOTALL)
_NUMBERED = re.compile(
    r"^(?P<head>(?:respond\w+|resposta|answer|reply)\b[^\d:]{0,25}#?\d+)\s*(?:[:,–-]|com|with|que)?\s*(?P<text>\S.*)$",
    re.DOTALL,
)
#: "troca o texto para: …", said of what was drafted.
_REWORDED = re.compile(
    r"^(?P<head>.{0,40}\b(?:texto|mensagem|resposta|text|message|wording|answer)\b.{0,30}?)(?:\b(?:para|por"
    r"|to)\b\s*:?|:)\s*(?P<text>\S.+)$",
    re.DOTALL,
)


@dataclass(frozen=True)
class Dictation:
    """A message that holds a text to be passed on."""

    #: What to do with the text.
    head: str
    text: str


def dictated(message: str) -> Dictation | None:
    """Return what a message dictates, None when it dictates nothing."""
    folded = folded_of(message)
    found = (_at(message, pattern.match(folded)) for pattern in (_NUMBERED, _AFTER_COLON, _AFTER_THAT, _TOLD))
    candidates = (_quoted(message), *found)
    return next((dictation for dictation in candidates if dictation and _asks_to_pass_on(dictation.head)), None)


def reworded(message: str) -> str | None:
    """Return the text that is to replace a dictated one: "troca o texto para: até já"."""
    match = _REWORDED.match(folded_of(message))
    return message[match.start("text") :].strip(" \"“”'") if match else None


def _asks_to_pass_on(head: str) -> bool:
    folded = folded_of(head)
    return any(concept.said.search(folded) for concept in (ANSWER, MESSAGE, CAMPAIGN))


def _quoted(message: str) -> Dictation | None:
    match = _QUOTED.match(message)
    if match is None:
        return None
    return Dictation(" ".join(f"{match['before']} {match['after']}".split()), match["text"].strip())


def _at(message: str, match: re.Match[str] | None) -> Dictation | None:
    if match is None:
        return None
    return Dictation(message[: match.end("head")].strip(), message[match.start("text") :].strip())
