"""Every error Aurora raises on purpose.

AuroraError
├── SettingsError            the environment lacks or misstates variables
├── SignatureError           a delivery is not signed by QStash for this address
├── WebhookError
│   ├── MalformedWebhookError    the body is not the provider's
│   └── UnauthenticWebhookError  the secret is missing, wrong or another instance's
├── NonRetriableError        trying again cannot help: the delivery becomes a dead letter
│   ├── UnknownJobError
│   ├── InvalidPayloadError
│   └── NotFoundError            the database does not know what the caller names
├── RetryAfterError          the caller says when to try again
│   └── CircuitOpenError         it failed too often lately: nothing was asked of it
│       └── GatewayPausedError       also a GatewayError
├── StaleLeaseError          somebody else holds the lease now: this run's result is refused
└── UnavailableError         a dependency did not answer; trying again may help
    ├── DatabaseError
    ├── QueueError
    │   └── QueueRefusedError    the queue answers and does not take this
    ├── LimiterError
    ├── AlertError
    ├── ModelError
    │   └── ModelRefusedError    the model does not answer this request, whatever it does with others
    └── GatewayError
        ├── GatewayRefusedError  the gateway will never accept this message
        ├── MediaUnavailableError  the gateway does not have this file, or it is too large
        └── OutcomeUnknownError  the message may have left

`RetryAfterError` and `NonRetriableError` are the two that a job raises to say what QStash shall do; any other error
is retried with the job's backoff.
"""

from datetime import timedelta


class AuroraError(Exception):
    """Root of Aurora's own errors."""


class SettingsError(AuroraError):
    """The environment lacks or misstates variables; the message names each of them."""


class SignatureError(AuroraError):
    """A delivery is not signed by QStash for this address; the message says which check failed."""


class WebhookError(AuroraError):
    """A gateway's call cannot be accepted."""


class MalformedWebhookError(WebhookError):
    """The body is not what the provider sends; the message says where it differs."""


class UnauthenticWebhookError(WebhookError):
    """The webhook secret is missing, wrong, or was made for another instance."""


class NonRetriableError(AuroraError):
    """Trying again cannot help; QStash keeps the delivery as a dead letter."""


class UnknownJobError(NonRetriableError):
    """No job of this name is registered."""


class InvalidPayloadError(NonRetriableError):
    """The payload does not fit the job; the message names the fields, never their values."""


class NotFoundError(NonRetriableError):
    """The database does not know what the caller names."""


class RetryAfterError(AuroraError):
    """Try again after `delay`."""

    def __init__(self, reason: str, *, delay: timedelta) -> None:
        super().__init__(reason)
        self.delay = delay


class CircuitOpenError(RetryAfterError):
    """A dependency failed too often lately: nothing was asked of it, and it is tried again after `delay`."""


class StaleLeaseError(AuroraError):
    """Somebody else holds the lease now; what this run would write is refused."""


class UnavailableError(AuroraError):
    """A dependency did not answer as it should; trying again may help."""


class DatabaseError(UnavailableError):
    """Supabase could not be reached or failed."""


class QueueError(UnavailableError):
    """QStash could not be reached or refused to take a message."""


class QueueRefusedError(QueueError):
    """QStash answers and does not take what the call asks for, such as one more than the plan allows."""


class LimiterError(UnavailableError):
    """Upstash Redis could not be reached or failed."""


class AlertError(UnavailableError):
    """An alert could not be delivered to the operator."""


class ModelError(UnavailableError):
    """The language model could not be reached, failed, or answered in a shape that is not its protocol's."""


class ModelRefusedError(ModelError):
    """The model is there and does not answer this request: it is too large, filtered, or cut short."""


class GatewayError(UnavailableError):
    """The WhatsApp gateway failed before the message can have left."""


class GatewayRefusedError(GatewayError):
    """The gateway will never accept this message, whoever asks and however often."""


class MediaUnavailableError(GatewayError):
    """The gateway answers, and will not give this file: it is gone, too large, or never was one."""


class OutcomeUnknownError(GatewayError):
    """The request left, the answer did not come: the message may have been sent."""


class GatewayPausedError(CircuitOpenError, GatewayError):
    """The gateway failed too often lately for this instance: the message did not leave, and may after `delay`."""
