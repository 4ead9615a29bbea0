"""Whether a person wants the business's own messages."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ConsentTexts:
    """The texts of this topic in one locale."""

    opted_out: str  #: the first answer to a wish to be left alone
    opted_out_before: str  #: the answer when it is repeated
    opted_in: str
    which_one: str  #: the question whether messages shall stop or an appointment is meant: 1 is the messages
