"""What is kept of a person, given out or deleted at that person's wish."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from shared.ports import Database
from shared.privacy import phone_hash
from shared.settings import Settings


class Erasure(BaseModel):
    """What deleting came to."""

    outcome: Literal["erased", "already_erased"]
    messages: int = 0  #: that were blanked
    upcoming_bookings: int = 0  #: appointments that still stand, of nobody


async def export_contact(phone: str, organization_id: UUID, *, database: Database) -> dict[str, Any]:
    """Return everything that is kept of the person with `phone`, E.164, as `api.export_contact` gives it.

    That it was given out is noted. Raises `NotFoundError` when nobody has the phone.
    """
    exported: dict[str, Any] = await database.call("export_contact", organization_id=organization_id, phone=phone)
    return exported


async def erase_contact(phone: str, organization_id: UUID, *, database: Database, settings: Settings) -> Erasure:
    """Delete all that tells who the person with `phone`, E.164, was; a keyed hash of the phone remains.

    Repeating it changes nothing. Raises `NotFoundError` when nobody has or had the phone, and `NonRetriableError` for a
    number of the business itself.
    """
    erased = await database.call(
        "erase_contact", organization_id=organization_id, phone=phone, phone_hash=phone_hash(phone, settings)
    )
    return Erasure.model_validate(erased)
