"""QStash and the functions: a job goes out, comes back signed, and is answered."""

import asyncio
import json
from collections.abc import Sequence

import httpx

from infra.doctor.check import Check, Subject, UnhealthyError
from shared.jobs.doctor_ping import DoctorPing, ping
from shared.ports import QueueLogEntry, QueueRecords

_FUNCTIONS = "functions refuse what is not signed"
_POLL_SECONDS = 0.1
_SLOWEST_POLL_SECONDS = 1.0
_CONCLUSIVE = ("DELIVERED", "ERROR", "FAILED", "CANCELED")
_ACCOUNT = "set QSTASH_URL and QSTASH_TOKEN to what the QStash console shows for the account's region"
_REACHABLE = "make PUBLIC_URL an address at which QStash reaches the functions; the real one calls from the internet"
_DEPLOYED = "deploy or start the functions, and set PUBLIC_URL to their address"
_KEYS = (
    "set QSTASH_CURRENT_SIGNING_KEY and QSTASH_NEXT_SIGNING_KEY to what the QStash console shows, here and in the"
    " functions, and PUBLIC_URL alike in both"
)


async def _token(subject: Subject) -> None:
    if not subject.settings.has_queue:
        raise UnhealthyError("QStash is not configured: jobs run inside requests", remedy=_ACCOUNT)
    await subject.queue.check()


async def _signing_keys(subject: Subject) -> None:
    settings = subject.settings
    # After a rotation the account signs with what is still the next key here; the functions take that, too.
    if await subject.queue.signing_key() not in (
        settings.qstash_current_signing_key,
        settings.qstash_next_signing_key,
    ):
        raise UnhealthyError("QStash signs with another key than the two that are set", remedy=_KEYS)


async def _refusal(subject: Subject) -> None:
    """Whoever lets anybody in, or is not Aurora at all, would also answer QStash's delivery with a 2xx."""
    url = f"{subject.settings.public_url}/jobs/{ping.name}"
    try:
        async with httpx.AsyncClient(timeout=10.0) as client:
            response = await client.post(url, json={"nonce": subject.mark})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnhealthyError(
            f"PUBLIC_URL cannot be reached from here: {type(error).__name__}", remedy=_DEPLOYED
        ) from error
    if response.status_code != httpx.codes.UNAUTHORIZED or _reason(response.text) is None:
        problem = f"an unsigned job was answered {response.status_code}: these are not Aurora's functions"
        raise UnhealthyError(problem, remedy=_DEPLOYED)


async def _delivery(subject: Subject) -> None:
    (message_id,) = await subject.queue.publish([ping.publication(DoctorPing(nonce=subject.mark))])
    entry = await _conclusion(subject.records, message_id, subject.delivery_limit.total_seconds())
    if entry.state != "DELIVERED":
        raise _failure(entry)


CHECKS = (
    Check(name="qstash token", ask=_token, remedy=_ACCOUNT, needs=("settings",)),
    Check(name="qstash signing keys", ask=_signing_keys, remedy=_KEYS, needs=("qstash token",)),
    Check(name=_FUNCTIONS, ask=_refusal, remedy=_DEPLOYED, needs=("settings",)),
    Check(name="qstash delivers a signed job", ask=_delivery, remedy=_REACHABLE, needs=("qstash token", _FUNCTIONS)),
)


async def _conclusion(records: QueueRecords, message_id: str, seconds: float) -> QueueLogEntry:
    """Wait for the log to tell how the delivery ended."""
    log: Sequence[QueueLogEntry] = ()
    pause = _POLL_SECONDS
    try:
        async with asyncio.timeout(seconds):
            while True:
                log = (await records.log(message_id=message_id)).entries
                ended = [entry for entry in log if entry.state in _CONCLUSIVE]
                if ended:
                    return min(ended, key=lambda entry: _CONCLUSIVE.index(entry.state))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _SLOWEST_POLL_SECONDS)
    except TimeoutError:
        last = log[0].state if log else "unknown"
        raise UnhealthyError(
            f"not delivered within {seconds:g} s, its last state is {last}",
            remedy="look at the message in the QStash console; the account may be over its limits",
        ) from None


def _failure(entry: QueueLogEntry) -> UnhealthyError:
    status = entry.response_status
    if not status:
        return UnhealthyError(f"the delivery failed: {entry.error or 'no answer'}"[:300], remedy=_REACHABLE)
    reason = _reason(entry.response_body or "")
    problem = f"the delivery was answered {status}" + (f": {reason}" if reason else "")
    return UnhealthyError(problem, remedy=_REMEDIES.get(status, "read the functions' logs") if reason else _DEPLOYED)


_REMEDIES = {401: _KEYS, 404: _DEPLOYED, 489: "deploy the functions again: they are older than this doctor"}


def _reason(body: str) -> str | None:
    """Return the reason that the functions give with every refusal, None when somebody else wrote the answer."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    reason = answer.get("error") if isinstance(answer, dict) else None
    return reason[:200] if isinstance(reason, str) else None
