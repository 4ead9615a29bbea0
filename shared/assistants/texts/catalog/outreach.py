"""Messages from the business to its customers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OutreachTexts:
    """The texts of this topic in one locale."""

    draft_message: str  #: tool
    draft_campaign: str  #: tool
    segments: Mapping[str, str]  #: how each is called, by the database's word for it
    to_one: str  #: {name}, {text}
    to_segment: str  #: {count}, {segment}, {text}, {example}
    example: str  #: {name}, of whom the text stands for all
    left_out: str  #: {reasons}
    cut: str  #: {cut} more people than one message may have
