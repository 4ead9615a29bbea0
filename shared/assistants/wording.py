"""From what the model wrote to what is sent."""

import re
from collections.abc import Iterable

from shared.assistants.texts import texts_for
from shared.assistants.untrusted import clean_text
from shared.models import Locale

LONGEST_ANSWER = 4096  #: characters: WhatsApp Cloud API, text.body

_APART = r"\w*\W+(?:\w+\W+){0,2}"
# "assistente automático", "assistant of the shop, automated", "automated assistant", "asistente automático"
_AUTOMATED_ASSISTANT = re.compile(rf"as?sist{_APART}autom[aá]t|autom[aá]t{_APART}as?sist", re.IGNORECASE)


def own_words(content: str | None, *, locale: Locale) -> str:
    """Return what the model wrote as text that can be sent; empty when there is nothing to send."""
    text = clean_text(content or "", limit=LONGEST_ANSWER)
    # A model that has read colleagues' messages may sign its own the same way.
    return text.removeprefix(texts_for(locale).conversation.colleague_mark).strip()


def without(text: str, said: Iterable[str]) -> str:
    """Return `text` without what is to be said word for word, where the model said it."""
    for part in said:
        text = text.replace(part, "")
    return text


def complete(text: str, *, disclosure: str | None, must_say: Iterable[str]) -> str:
    """Return the whole answer: who speaks, when `text` does not say it; `text`; and what must be said, at its end.

    Where that is too long, `text` gives way.
    """
    introduction = "" if disclosure is None or _names_itself(text) else disclosure
    missing = "\n\n".join(part for part in must_say if part not in text)
    room = LONGEST_ANSWER - sum(len(part) + 2 for part in (introduction, missing) if part)
    return "\n\n".join(part for part in (introduction, clean_text(text, limit=max(room, 1)), missing) if part)


def _names_itself(text: str) -> bool:
    """Tell whether `text` speaks of an automated assistant, in any of the languages that share these roots."""
    return _AUTOMATED_ASSISTANT.search(text) is not None
