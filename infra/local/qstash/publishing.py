"""Turn an accepted request into stored messages, within the transaction that answers it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.qstash import dead_letters, deduplication, flow_control, messages, queues, quotas, url_groups
from infra.local.qstash.dead_letters import DeadLetter
from infra.local.qstash.directives import is_url
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Transaction
from infra.local.qstash.messages import NewMessage
from infra.local.qstash.quotas import Limits
from infra.local.qstash.values import Options, Publication, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a publisher sends; `schedule_id` when a schedule publishes."""

    publication: Publication
    body: bytes
    caller_ip: str
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    options: Options
    topic: str | None = None
    endpoint: str | None = None


class Publisher:
    """Stores messages with everything that hangs on them, within the limits of a plan."""

    def __init__(self, ids: Ids, limits: Limits) -> None:
        self._ids = ids
        self._limits = limits

    def publish(self, tx: Transaction, request: Request) -> Receipt | list[Receipt]:
        """Store the messages of `request`; a list, one for each endpoint, when it goes to a URL group.

        Raises `InvalidRequestError`, `NotFoundError` or a quota error, and then the transaction must be undone.
        """
        publication = request.publication
        quotas.check_publication(self._limits, publication, body=request.body, now=tx.now)
        receipts = [self._publish_one(tx, request, target=target) for target in list(_targets(tx, publication))]
        return receipts[0] if is_url(publication.destination) else receipts

    def republish(self, tx: Transaction, letter: DeadLetter, *, overrides: Mapping[str, Any]) -> str:
        """Publish the message of a dead letter anew, as it was, and remove the letter.

        `overrides` are the fields of `Options` that the retry sets differently; headers are merged. Returns the
        new id.
        """
        failed = letter.message
        headers = failed.options.headers | overrides.get("headers", {})
        new = NewMessage(
            id=self._ids.message(),
            url=failed.url,
            options=failed.options.model_copy(update={**overrides, "headers": headers}),
            body=failed.body,
            not_before=tx.now,
            caller_ip=failed.caller_ip,
            topic=failed.topic,
            endpoint=failed.endpoint,
            queue=failed.queue,
            schedule_id=failed.schedule_id,
            source_id=failed.source_id,
        )
        self._store(tx, new)
        dead_letters.delete(tx, letter)
        return new.id

    def ensure_queue(self, tx: Transaction, name: str) -> None:
        """Create queue `name` if it does not exist. Raises `QuotaError` if the plan allows no further one."""
        if queues.find(tx, name) is None:
            quotas.check_queues(tx, self._limits)
            queues.ensure(tx, name)

    def _publish_one(self, tx: Transaction, request: Request, *, target: _Target) -> Receipt:
        key = _deduplication_key(request, target)
        known = None if key is None else deduplication.original(tx, key)
        if known is not None:
            return Receipt(known, target.url, deduplicated=True)
        quotas.count_message(tx, self._limits, enforced=request.schedule_id is None)
        new = NewMessage(
            id=self._ids.message(),
            url=target.url,
            options=target.options,
            body=request.body,
            not_before=_not_before(request.publication, tx.now),
            caller_ip=request.caller_ip,
            topic=target.topic,
            endpoint=target.endpoint,
            queue=request.publication.queue,
            schedule_id=request.schedule_id,
        )
        self._store(tx, new)
        if key is not None:
            deduplication.remember(tx, key, message_id=new.id)
        return Receipt(new.id, target.url)

    def _store(self, tx: Transaction, new: NewMessage) -> None:
        if new.queue is not None:
            self.ensure_queue(tx, new.queue)
        if new.options.flow_key is not None:
            flow_control.configure(tx, new.options.flow_key, limits=new.options.flow)
        messages.insert(tx, new)


def _targets(tx: Transaction, publication: Publication) -> Iterator[_Target]:
    destination = publication.destination
    if is_url(destination):
        yield _Target(destination, publication.options)
        return
    group = check_destination(tx, destination)
    options = publication.options
    if group.headers:
        options = options.model_copy(update={"headers": group.headers | options.headers})
    for endpoint in group.endpoints:
        yield _Target(endpoint.url, options, group.name, endpoint.name)


def check_destination(tx: Transaction, name: str) -> url_groups.UrlGroup:
    """Return the URL group that a destination names. Raises an error that tells a typo from a missing group."""
    group = url_groups.find(tx, name)
    if group is not None and group.endpoints:
        return group
    if not name or any(character in name for character in ":/.?"):
        raise InvalidRequestError("invalid destination url: endpoint has invalid scheme, add http:// or https://")
    raise NotFoundError(f"url group {name!r} not found; a destination url starts with http:// or https://")


def _deduplication_key(request: Request, target: _Target) -> str | None:
    return deduplication.deduplication_key(
        request.publication, target.options, body=request.body, url=target.url, topic=target.topic
    )


def _not_before(publication: Publication, now: int) -> int:
    if publication.not_before is not None:
        return publication.not_before * 1000
    return now + publication.delay * 1000
