"""Folding the older part of a conversation into a few sentences."""

from collections.abc import Sequence

from shared.assistants.ledger import Ledger
from shared.assistants.prompts import SUMMARY_LIMIT
from shared.assistants.texts import texts_for
from shared.assistants.untrusted import clean_line, clean_text, fenced
from shared.errors import ModelError
from shared.models import HistoryMessage, Locale
from shared.ports import ChatMessage, Clock, LanguageModel

_LONGEST_MESSAGE = 400  # characters: a hundred messages must fit


def summary_messages(messages: Sequence[HistoryMessage], *, before: str | None, locale: Locale) -> list[ChatMessage]:
    """Return what a model is asked that sums up `messages` together with the summary `before`.

    What people wrote is inside fences only.
    """
    texts = texts_for(locale).prompts
    earlier = clean_text(before, limit=SUMMARY_LIMIT) if before else None
    conversation = "\n".join(_line(message, locale) for message in messages)
    return [
        ChatMessage(role="system", content=texts.summary_prompt.format(summary=fenced({"summary": earlier}))),
        ChatMessage(
            role="user", content=texts.summary_request.format(conversation=fenced({"conversation": conversation}))
        ),
    ]


async def summarize(asked: Sequence[ChatMessage], *, model: LanguageModel, clock: Clock, ledger: Ledger) -> str:
    """Return the summary that the model gives: clean and bounded, for it is made of other people's words.

    Raises what the model raises, and `ModelError` for an empty summary; the call is in `ledger` all the same.
    """
    completion = await ledger.complete(asked, (), model=model, clock=clock)
    summary = clean_text(completion.content or "", limit=SUMMARY_LIMIT)
    if not summary:
        ledger.judge("failed")
        raise ModelError(f"{completion.model} gave an empty summary")
    return summary


def _line(message: HistoryMessage, locale: Locale) -> str:
    mark = texts_for(locale).conversation.kinds.of(message.kind)
    text = clean_line(message.text or "", limit=_LONGEST_MESSAGE) or mark
    return f"{message.sent_at:%Y-%m-%d} {message.speaker.value}: {text}"
