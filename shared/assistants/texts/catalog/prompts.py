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
