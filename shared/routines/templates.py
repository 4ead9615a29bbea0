"""The texts of follow-ups: what may stand in braces in each kind, and filling that in.

Templates are the business's own words, or those of its locale. What is filled in comes partly from customers: it is
cleaned, and cannot bring braces of its own.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.texts import texts_for
from shared.assistants.untrusted import clean_line, clean_text
from shared.models import Locale

LONGEST_TEMPLATE = 2000  #: characters, as in `app.templates`
LINK_LIMIT = 500


class FollowupKind(StrEnum):
    """What a follow-up is about, by the database's word for it."""

    APPOINTMENT_REMINDER = "appointment_reminder"
    FEEDBACK_REQUEST = "feedback_request"
    REVIEW_REQUEST = "review_request"
    REACTIVATION = "reactivation"
    BIRTHDAY_GREETING = "birthday_greeting"
    PAYMENT_REMINDER = "payment_reminder"
    SILENCE = "silence"
    CUSTOM = "custom"


class TemplateError(ValueError):
    """A template cannot be used; the message names what is wrong and where."""


_ALWAYS = frozenset({"name", "business"})
_OF_A_BOOKING = _ALWAYS | {"service", "for_whom", "date", "time", "price"}

#: What may stand in braces, by kind.
VARIABLES: Mapping[FollowupKind, frozenset[str]] = {
    FollowupKind.APPOINTMENT_REMINDER: _OF_A_BOOKING,
    FollowupKind.FEEDBACK_REQUEST: _OF_A_BOOKING,
    FollowupKind.REVIEW_REQUEST: _OF_A_BOOKING | {"link"},
    FollowupKind.PAYMENT_REMINDER: _OF_A_BOOKING,
    FollowupKind.REACTIVATION: _ALWAYS,
    FollowupKind.BIRTHDAY_GREETING: _ALWAYS,
    FollowupKind.SILENCE: _ALWAYS,
    FollowupKind.CUSTOM: _ALWAYS,
}
#: Without these a message of its kind would be pointless: nobody would know where to leave a review.
REQUIRED: Mapping[FollowupKind, frozenset[str]] = {FollowupKind.REVIEW_REQUEST: frozenset({"link"})}

_PIECE = re.compile(r"\{([^{}\n]*)\}|[{}]")
_BRACES = str.maketrans("", "", "{}")
_MISSING = "\x00"
_DIGIT = re.compile(r"(?<![\d{])[1-3](?!\d)")


def check_template(kind: FollowupKind, text: str) -> None:
    """Raise `TemplateError` unless `text` is a usable template of this kind."""
    if not text.strip():
        raise TemplateError("the template is empty")
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateError(f"the template has {len(text)} characters; at most {LONGEST_TEMPLATE} fit")
    known = ", ".join(f"{{{name}}}" for name in sorted(VARIABLES[kind]))
    used = set()
    for name, place in _variables(text):
        if name not in VARIABLES[kind]:
            raise TemplateError(f"{{{name}}} at character {place + 1} is no variable of {kind}; these are: {known}")
        used.add(name)
    for name in sorted(REQUIRED.get(kind, frozenset()) - used):
        raise TemplateError(f"a template of {kind} needs {{{name}}}")


def _variables(text: str) -> Iterator[tuple[str, int]]:
    """Yield the names in braces and where they begin. Raises `TemplateError` for a brace without its other half."""
    for piece in _PIECE.finditer(text):
        if piece[1] is None:
            problem = "is never closed" if piece[0] == "{" else "closes nothing"
            near = text[piece.start() : piece.start() + 20].splitlines()[0]
            raise TemplateError(f"the brace at character {piece.start() + 1} {problem}: {near!r}")
        yield piece[1], piece.start()


def render(kind: FollowupKind, template: str, values: Mapping[str, str | None]) -> str:
    """Fill `values` into a template; one that is None or empty leaves no gap.

    The result never holds a brace. Raises `TemplateError` for a template that cannot be used.
    """
    check_template(kind, template)

    def fill(piece: re.Match[str]) -> str:
        limit = LINK_LIMIT if piece[1] == "link" else NAME_LIMIT
        return clean_line((values.get(piece[1]) or "").translate(_BRACES), limit=limit) or _MISSING

    filled = _PIECE.sub(fill, clean_text(template, limit=LONGEST_TEMPLATE))
    return without(_MISSING, _without_labels(_MISSING, filled)).strip()


def without(missing: str, text: str) -> str:
    """Take out `missing`, which stands where a value should, with what led up to it: "Oi, {name}!" becomes "Oi!".

    At the beginning of a line, what follows it goes too, and the line begins with a capital: "{name}, tudo bem?"
    becomes "Tudo bem?". `app.addressed` does the same in the database.
    """
    gap = re.escape(missing)
    begun = rf"^(?:[ \t,]*{gap})+[ \t,;:!.]*(.?)"
    text = re.sub(begun, lambda beginning: beginning[1].upper(), text, flags=re.MULTILINE)
    text = re.sub(rf":[ \t]*{gap}[ \t]*,[ \t]*", ": ", text)
    return re.sub(rf"[ \t]*,?[ \t]*{gap}", "", text)


def _without_labels(missing: str, text: str) -> str:
    """Take out `missing` with the words before a colon that announce it: "Valor: {price}." goes as a whole."""
    label, gap, end = r"[^.!?;:,\n]*:[ \t*_~]*", rf"{re.escape(missing)}[*_~]*", r"[ \t]*[.!;]?"
    text = re.sub(rf"^{label}{gap}{end}[ \t]*(?:\n|\Z)", "", text, flags=re.MULTILINE)
    text = re.sub(rf"(?:^|(?<=[.!?;])){label}{gap}[ \t]*(?:[.!;]|$)", "", text, flags=re.MULTILINE)
    return re.sub(rf",{label}{gap}(?=[ \t]*(?:[.!?;]|$))", "", text, flags=re.MULTILINE)


def without_answers(template: str) -> str:
    """Return a template of reminders without the lines that say what to answer: those that name 1, 2 and 3."""
    kept = [line for line in template.splitlines() if not {"1", "2", "3"} <= set(_DIGIT.findall(line))]
    return "\n".join(kept).strip()


def first_name(name: str | None) -> str:
    """Return the first word of somebody's own word for a name, empty without one; it holds no brace.

    `app.addressed` does the same in the database.
    """
    return clean_line((name or "").translate(_BRACES), limit=NAME_LIMIT).partition(" ")[0]


def default_template(kind: FollowupKind, locale: Locale) -> str:
    """Return the text of a kind for businesses without one of their own."""
    return texts_for(locale).followups.templates[kind]
