"""The queue as an operator sees it, from the broker's own records and the dead letters."""

import json
from datetime import timedelta

import pytest

from infra.operations.job_states import JobState
from infra.operations.queue import count_jobs, list_jobs, show_job
from shared.errors import NotFoundError
from shared.jobs.doctor_ping import DoctorPing, ping
from tests.integration.operations.conftest import ALL_ATTEMPTS, Deployment


async def counts(deployment: Deployment, job: str) -> dict[str, int]:
    """The states of a job that are not empty."""
    found = next(each for each in await count_jobs(deployment.services) if each.job == job)
    assert found.complete
    numbers = found.model_dump(exclude={"job", "complete"})
    return {name: number for name, number in numbers.items() if number}


async def test_stats_count_every_job_by_state(deployment: Deployment) -> None:
    """Completed, delayed, failed and cancelled ones, each under its job, and the dead letters beside them."""
    for number in range(3):
        await deployment.publish(ping.publication(DoctorPing(nonce=str(number))))
    later = ping.publication(DoctorPing(nonce="later"), delay=timedelta(hours=1))
    cancelled = await deployment.publish(later)
    await deployment.publish(later)
    await deployment.services.queue_records.cancel([cancelled])
    await deployment.receive(instance="nobody")
    assert await counts(deployment, "doctor.ping") == {"completed": 3, "delayed": 1, "cancelled": 1}
    assert await counts(deployment, "message.receive") == {"failed": 1, "open_dead_letters": 1}
    assert await counts(deployment, "message.send") == {}


async def test_a_retried_job_is_delayed_until_it_is_due(deployment: Deployment) -> None:
    """Between two attempts it waits; the list says until when and why."""
    deployment.database.broken = {"receive_message"}
    message_id = await deployment.receive()
    (job,) = await list_jobs(deployment.services, job="message.receive", state=JobState.DELAYED)
    assert (job.message_id, job.attempts, job.status) == (message_id, 1, 500)
    assert job.error == "DatabaseError: receive_message: Supabase cannot be reached: ConnectError"
    assert job.next_at == deployment.services.clock.now() + timedelta(seconds=2)
    await deployment.advance(timedelta(seconds=2))
    (job,) = await list_jobs(deployment.services, job="message.receive", state=JobState.DELAYED)
    assert job.attempts == 2


async def test_lists_are_of_the_state_that_is_asked_for(deployment: Deployment) -> None:
    """The latest change first, at most as many as asked for, and callbacks are no jobs."""
    published = []
    for number in range(5):
        published.append(await deployment.publish(ping.publication(DoctorPing(nonce=str(number)))))
        await deployment.advance(timedelta(seconds=1))
    await deployment.receive(instance="nobody")
    services = deployment.services
    completed = await list_jobs(services, job=None, state=JobState.COMPLETED)
    assert [job.message_id for job in completed] == published[::-1]
    assert [job.message_id for job in await list_jobs(services, job="doctor.ping", state=None, limit=2)] == [
        published[4],
        published[3],
    ]
    assert {job.job for job in await list_jobs(services, job=None, state=None)} == {"doctor.ping", "message.receive"}
    assert await list_jobs(services, job="message.send", state=None) == []


async def test_failures_outlive_the_queues_log(deployment: Deployment) -> None:
    """The log is forgotten after some days; what failed is still listed and shown, from the dead letters."""
    message_id = await deployment.receive("meu CPF é 123", instance="nobody")
    letter_id = deployment.letters()[0][0]
    before = await list_jobs(deployment.services, job="message.receive", state=JobState.FAILED)
    await deployment.advance(timedelta(days=8))
    assert (await deployment.services.queue_records.log(message_id=message_id)).entries == ()
    (job,) = await list_jobs(deployment.services, job="message.receive", state=JobState.FAILED)
    assert [(each.message_id, each.dead_letter, each.error) for each in before] == [
        (job.message_id, job.dead_letter, job.error)
    ]
    assert (job.message_id, job.dead_letter, job.status) == (message_id, letter_id, 489)
    shown = await show_job(message_id, deployment.services)
    assert (shown.state, shown.error, shown.dead_letter) == (JobState.FAILED, job.error, letter_id)


async def test_the_last_completed_and_failed_ones_stay_inspectable(deployment: Deployment) -> None:
    """Of each job the last 100 completed and 500 failed ones, however many other jobs ran since."""
    items = [ping.publication(DoctorPing(nonce=str(number))) for number in range(120)]
    first = await deployment.services.queue.publish(items)
    await deployment.broker.settle()
    deployment.api.rows(
        "insert into app.dead_letters (job, queue_message_id, attempts)"
        " select 'message.send', 'msg_old_' || number, 5 from generate_series(1, 520) as number"
    )
    completed = await list_jobs(deployment.services, job="doctor.ping", state=JobState.COMPLETED)
    failed = await list_jobs(deployment.services, job="message.send", state=JobState.FAILED)
    assert (len(completed), len(failed)) == (100, 500)
    assert {job.message_id for job in completed} <= set(first)


async def test_a_long_log_is_read_page_by_page(deployment: Deployment) -> None:
    """Beyond what QStash gives at once nothing is missing or doubled, and what was not read is said."""
    items = [ping.publication(DoctorPing(nonce=str(number))) for number in range(400)]
    published = await deployment.services.queue.publish(items)
    await deployment.broker.settle()
    records = deployment.services.queue_records
    whole = await records.log(job="doctor.ping", limit=5000)
    part = await records.log(job="doctor.ping", limit=1100)
    assert (len(whole.entries), whole.complete) == (1200, True)
    assert (part.entries, part.complete) == (whole.entries[:1100], False)
    assert {entry.message_id for entry in whole.entries} == set(published)
    assert await counts(deployment, "doctor.ping") == {"completed": 400}


async def test_a_message_is_shown_without_what_people_wrote(deployment: Deployment) -> None:
    """A personal job shows its story, a job of ids its payload; the queue's digest of a text is no payload."""
    message_id = await deployment.receive("meu CPF é 123", name="Ana")
    await deployment.advance(ALL_ATTEMPTS)
    personal = await show_job(message_id, deployment.services)
    assert [event.state for event in personal.events] == ["CREATED", "ACTIVE", "DELIVERED"]
    assert (personal.job, personal.state, personal.payload, personal.retries) == (
        *("message.receive", JobState.COMPLETED, None, 2),
    )
    (send,) = await list_jobs(deployment.services, job="message.send", state=JobState.COMPLETED)
    shown = await show_job(send.message_id, deployment.services)
    assert shown.payload is not None
    assert shown.payload["organization_id"] == deployment.business.organization_id
    assert shown.flow_control_key == f"send.{deployment.business.instance_id}"
    for text in (personal.model_dump_json(), shown.model_dump_json()):
        assert not [private for private in ("CPF", "Ana", "55119", "REDACTED") if private in text]


async def test_a_failure_callback_is_no_job(deployment: Deployment) -> None:
    """It holds what its message held, in the queue's own words: an operator is not shown it."""
    await deployment.receive("meu CPF é 123", instance="nobody")
    log = await deployment.services.queue_records.log()
    (callback,) = {entry.message_id for entry in log.entries if entry.job is None}
    with pytest.raises(NotFoundError):
        await show_job(callback, deployment.services)


async def test_unfinished_messages_are_cancelled(deployment: Deployment) -> None:
    """Finished and unknown ones are passed over, and an empty list is not taken for all there are."""
    records = deployment.services.queue_records
    done = await deployment.publish(ping.publication(DoctorPing(nonce="now")))
    waiting = await deployment.publish(ping.publication(DoctorPing(nonce="later"), delay=timedelta(hours=1)))
    assert await records.cancel([]) == 0
    assert await records.cancel([done, "msg_unknown", waiting]) == 1
    await deployment.advance(timedelta(hours=2))
    assert await counts(deployment, "doctor.ping") == {"completed": 1, "cancelled": 1}


async def test_clearing_a_job_leaves_the_others(deployment: Deployment) -> None:
    """All that waits of one job is cancelled; a message of a customer is not."""
    for number in range(3):
        await deployment.publish(ping.publication(DoctorPing(nonce=str(number)), delay=timedelta(hours=1)))
    deployment.database.broken = {"receive_message"}
    await deployment.receive()
    deployment.database.broken = set()
    assert await deployment.services.queue_records.clear("doctor.ping") == 3
    assert await deployment.services.queue_records.clear("doctor.ping") == 0
    await deployment.advance(ALL_ATTEMPTS)
    assert await counts(deployment, "doctor.ping") == {"cancelled": 3}
    assert await counts(deployment, "message.receive") == {"completed": 1}
    with pytest.raises(ValueError, match="would cancel everything"):
        await deployment.services.queue_records.clear("")


async def test_commands_print_what_programs_can_read(deployment: Deployment) -> None:
    """`--json` is the whole document on standard output; without it a table holds ids that can be copied."""
    message_id = await deployment.receive(instance="nobody")
    letter_id = str(deployment.letters()[0][0])
    stats = json.loads((await deployment.aurora("queue", "stats", "--json")).stdout)
    assert {"job", "waiting", "active", "delayed", "completed", "failed", "cancelled"} < set(stats[0])
    listed = json.loads((await deployment.aurora("queue", "list", "--state", "failed", "--json")).stdout)
    assert [(each["message_id"], each["dead_letter"]) for each in listed] == [(message_id, letter_id)]
    shown = json.loads((await deployment.aurora("queue", "show", message_id, "--json")).stdout)
    assert [event["state"] for event in shown["events"]] == ["CREATED", "ACTIVE", "ERROR", "FAILED"]
    for arguments, copied in (
        (("queue", "stats"), "message.receive"),
        (("queue", "list"), message_id),
        (("queue", "show", message_id), message_id),
        (("dead-letters", "list"), letter_id),
        (("dead-letters", "show", letter_id), message_id),
    ):
        result = await deployment.aurora(*arguments)
        assert (result.exit_code, copied in result.stdout) == (0, True), result.output


async def test_dead_letters_are_settled_from_the_command_line(deployment: Deployment) -> None:
    """Retry all, look, discard one: each says what it did, and the exit status whether it was what was asked for."""
    for _ in range(2):
        await deployment.receive(instance="nobody")
        await deployment.advance(timedelta(seconds=1))
    retried = await deployment.aurora("dead-letters", "retry", "--all", "--job", "message.receive", "--json")
    assert retried.exit_code == 0, retried.output
    assert [each["outcome"] for each in json.loads(retried.stdout)] == ["retried", "retried"]
    await deployment.advance(ALL_ATTEMPTS)
    open_now = json.loads((await deployment.aurora("dead-letters", "list", "--json")).stdout)
    every = json.loads((await deployment.aurora("dead-letters", "list", "--all", "--json")).stdout)
    assert (len(open_now), len(every)) == (2, 4)
    first, second = (each["id"] for each in open_now)
    discarded = await deployment.aurora("dead-letters", "discard", first, "--reason", "a test", "--by", "ops")
    assert (discarded.exit_code, discarded.stdout) == (0, f"{first} discarded\n")
    again = await deployment.aurora("dead-letters", "retry", first, second)
    assert again.exit_code == 1
    assert again.stderr == f"aurora: {first} was discarded: it is not retried\n"
    assert again.stdout.startswith(f"{second} retried as msg_")


async def test_messages_are_cancelled_from_the_command_line(deployment: Deployment) -> None:
    """One by its id, the rest by the job's name; clearing asks first, and a program must say yes."""
    later = timedelta(hours=1)
    ids = [await deployment.publish(ping.publication(DoctorPing(nonce=str(n)), delay=later)) for n in range(3)]
    cancelled = await deployment.aurora("queue", "cancel", ids[0], "--json")
    assert (cancelled.exit_code, json.loads(cancelled.stdout)) == (0, {"asked": 1, "cancelled": 1})
    assert (await deployment.aurora("queue", "cancel", ids[0])).exit_code == 1
    unsure = await deployment.aurora("queue", "clear", "--job", "doctor.ping")
    assert (unsure.exit_code, unsure.stdout) == (2, "")
    cleared = await deployment.aurora("queue", "clear", "--job", "doctor.ping", "--yes", "--json")
    assert (cleared.exit_code, json.loads(cleared.stdout)) == (0, {"job": "doctor.ping", "cancelled": 2})


@pytest.mark.parametrize(
    ("arguments", "changes", "status", "told"),
    [
        (("queue", "stats"), {"QSTASH_URL": ""}, 2, "QSTASH_URL is missing"),
        (("dead-letters", "list"), {"SUPABASE_URL": "http://127.0.0.1:9"}, 1, "Supabase cannot be reached"),
        (("queue", "stats"), {"QSTASH_URL": "http://127.0.0.1:9"}, 1, "QStash cannot be reached"),
        (("queue", "list"), {"QSTASH_TOKEN": "wrong"}, 1, "QStash refused the call"),
        (("queue", "show", "msg_unknown"), {}, 1, "neither QStash nor the dead letters know"),
        (("queue", "list", "--job", "message.sent"), {}, 2, "no job is named message.sent"),
        (("queue", "clear", "--job", "*", "--yes"), {}, 2, "no job is named *"),
        (("queue", "cancel", ""), {}, 2, "a message id is empty"),
        (("dead-letters", "list", "--since", "yesterday"), {}, 2, "--since: write an age such as 24h"),
        (("dead-letters", "retry"), {}, 2, "name the dead letters to retry, or pass --all"),
        (("dead-letters", "show", "0a0a0a0a-0000-4000-8000-00000000dead"), {}, 1, "there is no dead letter"),
        (("dead-letters", "retry", "0a0a0a0a-0000-4000-8000-00000000dead"), {}, 1, "is no dead letter"),
    ],
)
async def test_what_goes_wrong_is_one_line(
    deployment: Deployment, arguments: tuple[str, ...], changes: dict[str, str], status: int, told: str
) -> None:
    """2 for what the caller must change, 1 for what went wrong; nothing on standard output."""
    result = await deployment.aurora(*arguments, **changes)
    assert (result.exit_code, result.stdout) == (status, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("aurora: ")
    assert told in line
