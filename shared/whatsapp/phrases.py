"""A message as phrases: what stands between its punctuation marks, in bare words that patterns can be matched with."""

import re

from shared.words import fold

_LONGEST = 1000  # characters that are read: a wish that nobody states within them is for the model to find
_MARKS = re.compile(r"[.!?,;:…()\[\]{}|\n\r]+")
_APOSTROPHES = re.compile(r"['`´]")
_NO_WORD = re.compile(r"[^\w]+|_+")
_COURTESY = re.compile(
    r"(?:oi+|ola|opa|bom dia|boa tarde|boa noite|por favor|por gentileza|favor|pfv?|pfvr|obrigad[oa]|obg|valeu"
    r"|hi|hello|hey|please|pls|plz|thanks|thank you|kindly)"
)
_AROUND = re.compile(rf"^(?:{_COURTESY.pattern} )+|(?: {_COURTESY.pattern})+$")


def phrases(text: str) -> tuple[str, ...]:
    """Return the parts of `text` between punctuation marks and line breaks: folded, letters and digits, none empty.

    An apostrophe vanishes ("don't" is `dont`); other signs and emoji part words, not phrases. Only the beginning of a
    very long text is read.
    """
    parts = (_words(part) for part in _MARKS.split(text[:_LONGEST]))
    return tuple(part for part in parts if part)


def whole_message(text: str) -> str:
    """Return all words of `text` as one phrase, without the greetings and courtesies around them."""
    return _AROUND.sub("", " ".join(phrases(text)))


def _words(part: str) -> str:
    return _NO_WORD.sub(" ", _APOSTROPHES.sub("", fold(part))).strip()
