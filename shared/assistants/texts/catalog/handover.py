"""Calling a person of the team, and keeping the assistant out of the way."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HandoverTexts:
    """The texts of this topic in one locale."""

    handover_notice: str  #: {contact} {reason} {said} {name}; to the owner
    said: str  #: {messages}, one a line; in the notice, when the customer wrote something that can be shown
    hand_over_to_human: str  #: tool
    emergency_reply: str
    emergency_reason: str
    person_reply: str  #: to who asked for a person
    person_reason: str
    closed: str  #: after those replies, when the business is closed and nobody knows when it opens
    closed_until: str  #: {moment}; when it is known
    assistant_paused: str  #: to the owner who switched the customers' assistant off
    assistant_resumed: str
    assistant_paused_before: str
    assistant_resumed_before: str
    pause_forbidden: str  #: to an owner's number that may not do that
