"""One run of a routine: what it is given of a business and its day, and what it comes to."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from shared.models import Organization, Permission
from shared.routines.routine import find_routine
from shared.services import Services

#: An owner reads between two customers: so long a routine's proposal can be agreed to.
PROPOSAL_VALIDITY = timedelta(hours=12)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class RoutineOwner(_Frozen):
    """An owner who wants to hear of the routine."""

    phone: str  #: E.164
    name: str | None = None
    permission: Permission


class RoutineRun(_Frozen):
    """A claimed run: the routine `kind` of one business on one of its local dates."""

    organization: Organization
    kind: str
    local_date: date
    options: Mapping[str, JsonValue]  #: as the business set them; what is missing has the routine's default
    now: AwareDatetime
    owners: tuple[RoutineOwner, ...]  #: at least one, unless the routine writes to clients by itself

    def option(self, name: str) -> bool | int:
        """Return what the business set of its routine, or the default; `name` is one of `Routine.options`."""
        return find_routine(self.kind).options[name].effective(self.options.get(name))


class RoutineProposal(_Frozen):
    """What an owner is asked to agree to by the message it comes with.

    It replaces nothing: while another proposal is open with this owner, it is decided by its code alone.
    """

    kind: str  #: as `shared.assistants.proposals.ProposalKind`
    action: Mapping[str, Any]  #: with ids, as `app.execute_<kind>` takes it
    preview: str = Field(min_length=1)  #: what would be done, without how to agree
    how_to_agree: str  #: the line that follows the preview
    how_to_agree_with_code: str  #: the same when the database asks for a code, which takes the place of `{code}`
    how_to_agree_by_code: str  #: the same when another proposal is open: without its code nothing decides it
    valid_seconds: float = PROPOSAL_VALIDITY.total_seconds()


class OwnerMessage(_Frozen):
    """A message to one owner, or to every one of the run.

    With a proposal, its preview and how to agree go below the text. An owner who may not have it done gets neither.
    """

    text: str = Field(min_length=1)
    phone: str | None = None  #: of one owner of the run; None: each of them
    proposal: RoutineProposal | None = None


class RoutineFollowup(_Frozen):
    """A message to a customer that the routine asks for, written down with the run; see `app.followups`."""

    contact_id: UUID
    kind: str
    idempotency_key: str  #: within the business: a second one with the same key is not written
    due_at: AwareDatetime
    expires_at: AwareDatetime  #: later it would be pointless
    text: str | None = None  #: None: the template's


class Composed(_Frozen):
    """What a run came to. Without messages nobody is told, and the run is done all the same."""

    messages: tuple[OwnerMessage, ...] = ()  #: in the order in which an owner reads them
    followups: tuple[RoutineFollowup, ...] = ()
    detail: Mapping[str, JsonValue] = Field(default_factory=dict)  #: figures for the record, without people's words

    @model_validator(mode="after")
    def _one_proposal_for_an_owner(self) -> Self:
        """The database knows a run's proposal by the run: a second one would be taken for the first."""
        asked = [message.phone for message in self.messages if message.proposal is not None]
        if len(asked) != len(set(asked)) or (None in asked and len(asked) > 1):
            raise ValueError("an owner can be asked to agree to one proposal of a run")
        return self


Compose = Callable[[RoutineRun, Services], Awaitable[Composed]]
