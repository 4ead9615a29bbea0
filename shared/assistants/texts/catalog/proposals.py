"""What is proposed, how one agrees to it, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ProposalTexts:
    """The texts of this topic in one locale."""

    note_to_model: str  #: beside a preview, to the model
    client_agrees: str  #: under a preview: how a customer agrees
    owner_agrees: str
    owner_agrees_with_code: str  #: {code}
    owner_agrees_by_code: str  #: {code}, of what stands beside another proposal
    displaced: str  #: {proposal}: of a routine's that a new one took the place of
    confirm_proposal: str  #: tool
    drop_proposal: str  #: tool
    done: Mapping[str, str]  #: by kind: {who}, {service}, {when}, {until}, {price}, {paid}
    for_whom: str  #: {who} when it is told
    price: str  #: {price} when it is known
    overlapping: str  #: of a block: {bookings} that stand in it
    sent_to_one: str
    sent_to_many: str  #: {recipients}
    left_out: str  #: {reasons}
    left_out_because: Mapping[str, str]  #: why somebody gets no message, by the database's word for it
    obstacles: Mapping[str, str]  #: why it was not done, by outcome
    obstacle: str  #: for any outcome without a text of its own
    alternatives: str  #: {times}, after a slot that was taken
    another_time: str  #: instead, when none is known
    edit: str
    dropped: str
    wrong_code: str  #: {left}
    missing_code: str
    too_many_codes: str
    expired: str
    which_one: str  #: to a number without a code where only codes decide; what is open follows
    unknown_code: str  #: no open proposal has it
    still_open: str  #: above what waits for the person's word besides
    ask_again: str  #: when the person wrote more, and only the decision could be answered
