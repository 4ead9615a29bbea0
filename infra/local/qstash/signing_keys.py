"""The two signing keys and their rotation."""

import json
from dataclasses import asdict, dataclass, field

from infra.local.qstash.config import BrokerConfig
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Transaction


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """`current` signs; `next` is what it becomes."""

    current: str = field(repr=False)
    next: str = field(repr=False)


def load(tx: Transaction, config: BrokerConfig) -> SigningKeys:
    """Return the keys in use: those of `config` and their rotations, which a restart keeps.

    Other keys in `config` than last time replace everything.
    """
    configured = SigningKeys(config.current_signing_key, config.next_signing_key)
    text = tx.scalar("select value from settings where name = 'signing keys'")
    if text is not None:
        stored = json.loads(text)
        if stored["configured"] == asdict(configured):
            return SigningKeys(**stored["used"])
    _store(tx, configured, used=configured)
    return configured


def rotate(tx: Transaction, config: BrokerConfig, *, ids: Ids) -> SigningKeys:
    """Make the next key current, draw a new next one and return both."""
    keys = SigningKeys(load(tx, config).next, ids.signing_key())
    _store(tx, SigningKeys(config.current_signing_key, config.next_signing_key), used=keys)
    return keys


def _store(tx: Transaction, configured: SigningKeys, *, used: SigningKeys) -> None:
    text = json.dumps({"configured": asdict(configured), "used": asdict(used)})
    tx.execute("insert or replace into settings values ('signing keys', ?)", (text,))
