"""Schedules: create or overwrite, read, pause, delete."""

from starlette.responses import JSONResponse, Response

from infra.local.qstash import quotas, schedules
from infra.local.qstash.calls import Call
from infra.local.qstash.cron import parse_cron
from infra.local.qstash.directives import check_name, is_url, parse_publication
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
from infra.local.qstash.journal import Transaction
from infra.local.qstash.publishing import check_destination
from infra.local.qstash.router import Route
from infra.local.qstash.schedules import Schedule
from infra.local.qstash.views import schedule_view


async def _create(call: Call) -> Response:
    cron = parse_cron(call.directives.text("upstash-cron") or "")
    publication = parse_publication(call.directives, call.destination())
    if publication.not_before is not None:
        raise InvalidRequestError("Upstash-Not-Before has no meaning for a schedule; use Upstash-Delay")
    given_id = call.directives.text("upstash-schedule-id")
    schedule_id = call.broker.ids.schedule() if given_id is None else check_name(given_id, "Upstash-Schedule-Id")

    def store(tx: Transaction) -> None:
        if not is_url(publication.destination):
            check_destination(tx, publication.destination)
        known = schedules.find(tx, schedule_id)
        if known is None:
            quotas.check_schedules(tx, call.broker.limits)
        quotas.check_publication(call.broker.limits, publication, body=call.body, now=tx.now)
        if publication.queue is not None:
            call.broker.publisher.ensure_queue(tx, publication.queue)
        schedule = Schedule(
            id=schedule_id,
            cron=cron.text,
            paused=False,
            created_at=known.created_at if known else tx.now,
            next_time=cron.next(tx.now) or tx.now,
            last_time=None,
            last_messages=(),
            error=None,
            caller_ip=call.caller_ip,
            publication=publication,
            body=call.body,
        )
        schedules.save(tx, schedule)

    await call.broker.run(store)
    return JSONResponse({"scheduleId": schedule_id}, 201)


async def _list(call: Call) -> Response:
    def read(tx: Transaction) -> list[dict[str, object]]:
        return [schedule_view(schedule, schedules.last_states(tx, schedule)) for schedule in schedules.find_all(tx)]

    return JSONResponse(await call.broker.run(read))


async def _get(call: Call) -> Response:
    def read(tx: Transaction) -> dict[str, object]:
        schedule = _existing(tx, call.name("id"))
        return schedule_view(schedule, schedules.last_states(tx, schedule))

    return JSONResponse(await call.broker.run(read))


async def _delete(call: Call) -> Response:
    def delete(tx: Transaction) -> None:
        schedules.delete(tx, _existing(tx, call.name("id")).id)

    await call.broker.run(delete)
    return JSONResponse({})


async def _pause(call: Call) -> Response:
    return await _set_paused(call, paused=True)


async def _resume(call: Call) -> Response:
    return await _set_paused(call, paused=False)


async def _set_paused(call: Call, *, paused: bool) -> Response:
    await call.broker.run(lambda tx: schedules.set_paused(tx, _existing(tx, call.name("id")), paused=paused))
    return JSONResponse({})


def _existing(tx: Transaction, schedule_id: str) -> Schedule:
    schedule = schedules.find(tx, schedule_id)
    if schedule is None:
        raise NotFoundError(f"schedule {schedule_id!r} not found")
    return schedule


ROUTES = [
    Route("GET", "/v2/schedules", _list),
    # The SDKs pause with PATCH, the documents with POST. Both stand before the destination, which takes any path.
    Route("PATCH POST", "/v2/schedules/{id}/pause", _pause),
    Route("PATCH POST", "/v2/schedules/{id}/resume", _resume),
    Route("GET", "/v2/schedules/{id}", _get),
    Route("DELETE", "/v2/schedules/{id}", _delete),
    Route("POST", "/v2/schedules/{destination:rest}", _create),
]
