"""The seams of Aurora: what the outside must offer, each with more than one implementation.

Adapters implement them over a vendor's SDK; the embedded stack and the tests bring the others.
"""

from shared.ports.dependency import Clock, Dependency
from shared.ports.limits import MessageLimiter, RateLimit, RateLimiter, Verdict
from shared.ports.model import ChatMessage, Completion, LanguageModel, ToolCall, ToolSpec, Transcriber
from shared.ports.people import Alert, AlertChannel, Gateway
from shared.ports.queue import (
    FlowControl,
    KeptSchedule,
    Publication,
    Queue,
    QueuedMessage,
    QueueLog,
    QueueLogEntry,
    QueueRecords,
    Schedule,
    Schedules,
)
from shared.ports.storage import Database, Redis

__all__ = [
    "Alert",
    "AlertChannel",
    "ChatMessage",
    "Clock",
    "Completion",
    "Database",
    "Dependency",
    "FlowControl",
    "Gateway",
    "KeptSchedule",
    "LanguageModel",
    "MessageLimiter",
    "Publication",
    "Queue",
    "QueueLog",
    "QueueLogEntry",
    "QueueRecords",
    "QueuedMessage",
    "RateLimit",
    "RateLimiter",
    "Redis",
    "Schedule",
    "Schedules",
    "ToolCall",
    "ToolSpec",
    "Transcriber",
    "Verdict",
]
