"""What is said when the assistant may not answer."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LimitTexts:
    """The texts of this topic in one locale."""

    overdue_reply: str  #: to a client whom an outage kept waiting too long
    overdue_reason: str  #: why the owner is called then
    budget_reply: str  #: to a client when the month's budget for the model is spent
    budget_reason: str  #: why the owner is called then
    spend_notice: str  #: {percent}; to the owners
    too_many_messages: str  #: to a contact whose messages are not answered for a while
