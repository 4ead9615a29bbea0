"""What customers are sent of the business's own accord, and what they are told when they answer it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FollowupTexts:
    """The texts of this topic in one locale."""

    templates: Mapping[str, str]  #: by kind of follow-up; the variables are those of shared.routines.templates
    example_name: str  #: of a customer, where a template is shown without one
    example_service: str

    presence_confirmed: str  #: {appointments}: all that are confirmed, each with its service and moment
    appointment_gone: str  #: it was cancelled or is over
    move_to_when: str  #: {service}, {moment}
    others_stay: str  #: {appointments}; below what is moved or cancelled, of those that are not
    too_late_to_change: str  #: said to the customer, who is given to the team
    too_late_reason: str  #: {service}, {moment}; why the team is called
    late_cancelling: str  #: to the owners: {contact}, {service}, {moment}
    late_moving: str  #: to the owners: {contact}, {service}, {before}, {moment}

    rated_well: str  #: a request for a review may follow
    rated_fair: str
    rated_badly: str
    bad_rating_notice: str  #: to the owners: {contact}, {rating}, {service}, {moment}
