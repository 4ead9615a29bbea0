"""Calling a person of the team."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HandoverTexts:
    """The texts of this topic in one locale."""

    handover_notice: str  #: {contact} {reason}; to the owner
    hand_over_to_human: str  #: tool
