"""A complete, durable broker that speaks the QStash v2 protocol.

from infra.local.qstash import BrokerConfig, create_app
from infra.local.server import serving

async with serving(create_app(BrokerConfig(data=Path(".aurora/qstash")))) as url:
    ...
"""

from infra.local.qstash.app import api_app, broker_app, create_app
from infra.local.qstash.broker import Broker
from infra.local.qstash.clock import Clock
from infra.local.qstash.config import (
    DEV_CURRENT_SIGNING_KEY,
    DEV_NEXT_SIGNING_KEY,
    DEV_TOKEN,
    BrokerConfig,
)

__all__ = [
    "DEV_CURRENT_SIGNING_KEY",
    "DEV_NEXT_SIGNING_KEY",
    "DEV_TOKEN",
    "Broker",
    "BrokerConfig",
    "Clock",
    "api_app",
    "broker_app",
    "create_app",
]
