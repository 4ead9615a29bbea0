"""doctor.ping: answer, and do nothing else. A signed delivery of it proves the way from the queue to the functions."""

from shared.registry import Context, Payload, job


class DoctorPing(Payload):
    """A ping; `nonce` tells one from another in the queue's log."""

    nonce: str


@job("doctor.ping", retries=0)
async def ping(payload: DoctorPing, context: Context) -> str:
    """Answer."""
    return "pong"
