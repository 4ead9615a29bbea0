"""JIDs, WhatsApp's addresses: `<user>[:<device>]@<server>`.

The servers are those of the Baileys library, which the gateways share; WAHA writes `c.us` for `s.whatsapp.net`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.whatsapp.phone import canonical_phone

_JID = re.compile(
    r"(?P<user>[\x21-\x39\x3b-\x3f\x41-\x7e]{1,64}?)(?:_\d{1,3})?(?::(?P<device>\d{1,5}))?@(?P<server>[a-z.]{1,32})"
)
_LID = re.compile(r"\d{6,20}")
_STATUS_USER = "status"


class Party(StrEnum):
    """What an address stands for."""

    PERSON = "person"
    GROUP = "group"
    STATUS = "status"  #: somebody's status update ("story")
    BROADCAST = "broadcast"
    NEWSLETTER = "newsletter"  #: a channel
    OTHER = "other"  #: WhatsApp's own account, bots, and servers unknown here


_PARTIES = {
    "s.whatsapp.net": Party.PERSON,
    "c.us": Party.PERSON,
    "lid": Party.PERSON,
    "g.us": Party.GROUP,
    "broadcast": Party.BROADCAST,
    "newsletter": Party.NEWSLETTER,
}


@dataclass(frozen=True, kw_only=True)
class Jid:
    """An address, taken apart."""

    user: str
    server: str
    device: int | None = None  #: one of a person's devices; no part of who the person is

    @property
    def party(self) -> Party:
        if self.server == "broadcast" and self.user == _STATUS_USER:
            return Party.STATUS
        party = _PARTIES.get(self.server, Party.OTHER)
        return Party.OTHER if party is Party.PERSON and not (self.phone or self.lid) else party

    @property
    def phone(self) -> str | None:
        """The number in E.164 with the plus sign, Brazilian mobiles with the ninth digit."""
        if self.server not in {"s.whatsapp.net", "c.us"}:
            return None
        try:
            return canonical_phone(self.user)
        except ValueError:
            return None

    @property
    def lid(self) -> str | None:
        """The hidden id's digits: not a phone number, however much they look like one."""
        return self.user if self.server == "lid" and _LID.fullmatch(self.user) else None

    def without_device(self) -> str:
        """Return the address of the person rather than of one of their devices."""
        return f"{self.user}@{self.server}"


def parse_jid(text: str) -> Jid:
    """Take `text` apart. Raises `ValueError`, without the text, when it is no JID."""
    match = _JID.fullmatch(text)
    if match is None:
        raise ValueError("jid: must look like <user>@<server>")
    device = match["device"]
    return Jid(user=match["user"], server=match["server"], device=int(device) if device else None)
