"""What a whole message answers to a reminder of an appointment, or to being asked for a mark.

A message that says anything beside is no answer: "2, pode ser amanhã?" is for the assistant.
"""

import re
from enum import StrEnum

from shared.assistants.decisions import Choice, decision_of
from shared.assistants.proposals import ProposalKind
from shared.models import Audience
from shared.words import fold


class PresenceAnswer(StrEnum):
    """What a customer who was reminded of an appointment wants."""

    CONFIRM = "confirm"
    MOVE = "move"
    CANCEL = "cancel"


_NO_WORD = re.compile(r"[^\w⭐']+")
_POLITE = r"(?: (?:por favor|pf|pfv|obrigad[oa]|obg|valeu|please|thanks|thank you))*"
_NUMBER = re.compile(rf"(?:(?:opcao|option|numero|number) )?([123]){_POLITE}")
_WISH = r"(?:(?:eu )?(?:quero|queria|preciso|gostaria de|vou|pode|i want to|i need to|i'd like to) )?"
_MOVE = re.compile(rf"{_WISH}(?:remarcar?|remarque|reagendar?|reagende|reschedule(?: it)?|move it){_POLITE}")
_CANCEL = re.compile(
    rf"{_WISH}(?:cancelar?|cancele|desmarcar?|desmarque|cancel(?: it)?|nao (?:vou|posso)(?: poder)?(?: ir)?){_POLITE}"
)
_COMES = re.compile(rf"(?:sim )?(?:vou|vou sim|estarei la|estarei ai|confirmo|i(?: will|'ll) be there){_POLITE}")
_BY_NUMBER = {"1": PresenceAnswer.CONFIRM, "2": PresenceAnswer.MOVE, "3": PresenceAnswer.CANCEL}

_MARKS = {
    **{"um": 1, "dois": 2, "tres": 3, "quatro": 4, "cinco": 5},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5},
}
_MARK = re.compile(
    rf"(?:(?:minha )?nota(?: e)? |dou(?: nota)? |e |um |uma )?([1-5]|{'|'.join(_MARKS)})"
    rf"(?: (?:de 5|out of 5|estrelas?|stars?|pontos?))?{_POLITE}"
)
_STARS = re.compile("⭐{1,5}")


def presence_answer_in(text: str) -> PresenceAnswer | None:
    """Return what `text` answers to a reminder, None when it says more or less than an answer."""
    if "?" in text:
        return None
    plain = _plain(text)
    if found := _NUMBER.fullmatch(plain):
        return _BY_NUMBER[found[1]]
    if _MOVE.fullmatch(plain):
        return PresenceAnswer.MOVE
    if _CANCEL.fullmatch(plain):
        return PresenceAnswer.CANCEL
    decision = decision_of(text, Audience.CLIENT, kind=ProposalKind.BOOK)
    agrees = decision is not None and decision.choice is Choice.ACCEPT
    return PresenceAnswer.CONFIRM if agrees or _COMES.fullmatch(plain) else None


def mark_in(text: str) -> int | None:
    """Return the mark from 1 to 5 that `text` gives, None when it says more or less than that."""
    plain = _plain(text)
    if _STARS.fullmatch(plain):
        return len(plain)
    found = _MARK.fullmatch(plain)
    return None if found is None else _MARKS.get(found[1]) or int(found[1])


def _plain(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", fold(text)).split())
