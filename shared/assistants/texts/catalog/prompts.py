"""What the models are told."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PromptTexts:
    """The texts of this topic in one locale."""

    client_prompt: str  #: {data} {now} {introduction}
    client_introduction: str  #: for the first reply in a conversation
    client_introduced: str  #: for any later one
    client_disclosure: str  #: {business}; put before a first reply that does not introduce itself
    aurora_prompt: str  #: {data} {now}

    correction: str  #: {faults}; to a model whose answer is not true
    claimed_deed: str  #: a fault: it claims what no tool did
    unknown_amount: str  #: a fault: an amount that nobody at the business gave
    unknown_time: str  #: a fault: a time of day that nobody gave
    untrue_reply: str  #: to a client when the corrected answer is not true either
    untrue_reason: str  #: why the owner is called then
    untrue_reply_owner: str  #: to the owner then

    summary_prompt: str  #: {summary}; the conversation's messages follow
    summary_request: str  #: {conversation}
