"""Summing up a conversation that is handed over as text: what was said last, each message cut to its beginning."""

import json
import re

from infra.local.llm.conversation import Conversation
from infra.local.llm.words import fold

_ASKED = re.compile(r"^(?:resuma|faca um resumo|summari[sz]e|sum up)\b")
#: A JSON object in the text, which fences data off from the request.
_DATA = re.compile(r"\{.*\}", re.DOTALL)
_MOST_LINES = 8
_LONGEST_LINE = 80  # characters


def summary_of(conversation: Conversation) -> str | None:
    """Return the summary that the user's only message asks for, None when it asks for none or holds nothing."""
    if len(conversation.asked) != 1 or not _ASKED.match(fold(conversation.asked[0])):
        return None
    _, _, text = conversation.asked[0].partition("\n")
    lines = [" ".join(line.split())[:_LONGEST_LINE] for line in _data_in(text).splitlines()]
    return "\n".join([line for line in lines if line][-_MOST_LINES:]) or None


def _data_in(text: str) -> str:
    match = _DATA.search(text)
    try:
        data = json.loads(match[0]) if match else None
    except ValueError:
        data = None
    parts = [part for part in data.values() if isinstance(part, str)] if isinstance(data, dict) else []
    return "\n".join(parts) or text
