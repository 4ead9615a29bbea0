"""Makes a valid, harmless sample of any job's payload out of its type alone."""

import types
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

TEST_PHONE = "+5511900000000"
TEST_JID = "5511900000000@s.whatsapp.net"
TEST_NAME = "Pessoa de teste"
TEST_TEXT = "Mensagem de teste: quanto custa o banho?"

#: Fields whose type says less than their name. No tenant has the instance.
_BY_NAME: dict[str, Callable[[], object]] = {
    "provider": lambda: "evolution",
    "instance": lambda: "aurora-test",
    "phone": lambda: TEST_PHONE,
    "address": lambda: TEST_JID,
    "name": lambda: TEST_NAME,
    "text": lambda: TEST_TEXT,
    "provider_message_id": lambda: f"TEST{uuid4().hex[:16].upper()}",
}
_BY_TYPE: dict[object, Callable[[], object]] = {
    str: lambda: "test",
    int: lambda: 1,
    float: lambda: 1.0,
    bool: lambda: False,
    UUID: lambda: UUID(int=0),
    date: lambda: datetime.now(UTC).date(),
    time: lambda: time(9),
    datetime: lambda: datetime.now(UTC),
    AwareDatetime: lambda: datetime.now(UTC),
}

ModelT = TypeVar("ModelT", bound=BaseModel)


def sample_of(model: type[ModelT]) -> ModelT:
    """Return a valid value of `model` that names no tenant, conversation or message that exists.

    Optional fields are left out, but for those that make a message look like one. Raises `TypeError` naming a field
    whose type it cannot make up.
    """
    values = {
        name: _BY_NAME[name]() if name in _BY_NAME else _value(field.annotation, f"{model.__name__}.{name}")
        for name, field in model.model_fields.items()
        if _wanted(name, field)
    }
    return model.model_validate(values)


def _wanted(name: str, field: FieldInfo) -> bool:
    return field.is_required() or name in _BY_NAME


def _value(annotation: Any, field: str) -> object:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated or origin is Union or origin is types.UnionType:
        return _value(arguments[0], field)
    if origin is Literal:
        return arguments[0]
    if origin in (list, tuple, set, frozenset):
        return origin()
    if annotation in _BY_TYPE:
        return _BY_TYPE[annotation]()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return sample_of(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    raise TypeError(f"{field}: no sample of {annotation!r} can be made up")
