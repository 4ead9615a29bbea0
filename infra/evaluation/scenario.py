"""A scenario as it is written in a file: a business, people, what they say, and what must come of it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from infra.errors import InfraError
from infra.evaluation.durations import Duration
from shared.models import Locale
from shared.routines.routine import ROUTINES


class ScenarioError(InfraError):
    """A file of scenarios says what cannot be played; the message names the file, the scenario and the field."""


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _naive(moment: datetime) -> datetime:
    if moment.tzinfo is not None:
        raise ValueError("is a local time: it must have no zone")
    return moment


LocalMoment = Annotated[datetime, AfterValidator(_naive)]  #: in the business's own zone
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


#: A text, or several of which one is enough.
AnyOf = Annotated[tuple[str, ...], BeforeValidator(_several)]


class ServiceGiven(_Written):
    """What a business sells."""

    name: str
    description: str | None = None
    price: int | None = None  #: cents
    minutes: int | None = None


class Business(_Written):
    """A tenant."""

    name: str
    type: str
    locale: Locale
    timezone: str
    currency: str = "BRL"
    hours: Mapping[str, tuple[tuple[str, str], ...]]
    services: tuple[ServiceGiven, ...]
    resources: tuple[str, ...] = ("main",)
    owner: str = "Carla"
    owner_phone: Phone = "+5511988887777"
    knowledge: Mapping[str, str] = {}


class ContactGiven(_Written):
    """A customer whom the business knows."""

    name: str | None = None
    phone: Phone
    birthday: date | None = None
    last_seen: LocalMoment | None = None
    marketing_consent: bool = False
    opted_out: bool = False
    dependents: tuple[Mapping[str, Any], ...] = ()


class BookingGiven(_Written):
    """An appointment in the book."""

    contact: str  #: name
    service: str
    at: LocalMoment
    status: str = "confirmed"
    paid: int | None = None  #: cents


class BlockGiven(_Written):
    """Time in which nothing is booked."""

    start: LocalMoment
    end: LocalMoment
    reason: str | None = None


class WaitingGiven(_Written):
    """Somebody who waits for a free slot."""

    contact: str
    service: str


class Given(_Written):
    """What there is before anybody says anything."""

    contacts: tuple[ContactGiven, ...] = ()
    bookings: tuple[BookingGiven, ...] = ()
    blocks: tuple[BlockGiven, ...] = ()
    waiting: tuple[WaitingGiven, ...] = ()
    knowledge: Mapping[str, str] = {}
    followups: Mapping[str, bool | str] = {}  #: what the business chose, as `aurora followups options` sets it
    permission: Literal["viewer", "staff", "admin"] = "admin"  #: of the owner
    instance_phone: Phone = "+551133334444"


class Expected(_Written):
    """What must, and what must not, be heard. Case, accents and width of spaces make no difference."""

    has: tuple[AnyOf, ...] = ()
    has_not: tuple[str, ...] = ()


class Step(_Written):
    """One thing that happens, and what must come of it before the next one."""

    by: Literal["customer", "owner", "business"] = "customer"  #: `business` types on its own phone, in the chat
    routine: str | None = None  #: nobody writes: this routine of the business runs, for the present local date
    followups: Literal["dispatch"] | None = None  #: nobody writes: the follow-ups that are due are sent
    says: tuple[str, ...] = ()  #: several messages are one burst; {code} is the newest that this person was told
    voice: str | None = None  #: a voice message with these words
    image: str | None = None  #: a picture of this
    kind: str | None = None  #: a message of another kind, such as `unsupported` or `video`
    after: Duration = timedelta(0)  #: how long nothing happens before
    customer: str | None = None  #: phone of another customer than the scenario's
    quotes: str | None = None  #: the newest message to this person that holds this text is quoted

    reply: Literal["none"] | Expected | None = None  #: to whom wrote
    owner_hears: Literal["none"] | Expected | None = None
    customer_hears: Literal["none"] | Expected | None = None
    tools: tuple[str, ...] | None = None  #: each must be called; none at all when empty
    tools_not: tuple[str, ...] = ()
    without_model: bool = False

    @property
    def expected_reply(self) -> Literal["none"] | Expected | None:
        """What must be heard: something, unless it is said otherwise or nobody wrote to the business."""
        writes = self.by != "business" and self.routine is None and self.followups is None
        return Expected() if self.reply is None and writes else self.reply

    @field_validator("routine")
    @classmethod
    def _one_that_there_is(cls, kind: str | None) -> str | None:
        if kind is not None and kind not in ROUTINES:
            raise ValueError(f"must be one of {', '.join(ROUTINES)}")
        return kind

    @field_validator("says", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return _several(value)


class Scenario(_Written):
    """One conversation, or several that belong together."""

    name: str
    capability: str
    language: Locale
    business: str  #: file name in `businesses`, without its ending
    at: LocalMoment  #: when it begins
    customer: ContactGiven = ContactGiven(name="Ana", phone="+5511912345678")
    given: Given = Given()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    database: Mapping[str, tuple[Mapping[str, Any], ...]] = {}  #: by view: the rows there must be, and no others

    @property
    def id(self) -> str:
        return f"{self.language} {self.capability}: {self.name}"


def load_scenarios(folder: Path) -> Iterator[Scenario]:
    """Yield the scenarios of every `*.yaml` in `folder`, in the order of their names.

    A file is {"capability", "language", "business", "scenarios": […]}; the first three are those of each scenario that
    does not name its own. Raises `ScenarioError`.
    """
    for path in sorted(folder.glob("*.yaml")):
        content = _read(path)
        shared = {key: value for key, value in content.items() if key != "scenarios"}
        for entry in content.get("scenarios") or []:
            try:
                yield Scenario.model_validate({**shared, **entry})
            except ValidationError as error:
                raise ScenarioError(f"{path.name}: {entry.get('name', 'a scenario')}: {_where(error)}") from None


def load_business(folder: Path, name: str) -> Business:
    """Return the business in `folder/businesses/<name>.yaml`. Raises `ScenarioError`."""
    path = folder / "businesses" / f"{name}.yaml"
    try:
        return Business.model_validate(_read(path))
    except ValidationError as error:
        raise ScenarioError(f"{path.name}: {_where(error)}") from None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise ScenarioError(f"{path.name} holds no mapping")
    return content


def _where(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in problem['loc'])} {problem['msg']}" for problem in error.errors())
