"""The safeguards, each with a way to take it away: a world without one must break the promise that it keeps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from infra.simulation.mutation import Edit, Mutation
from infra.simulation.proactive_mutations import PROACTIVE_MUTATIONS
from infra.simulation.world import Variation
from shared.errors import GatewayError, OutcomeUnknownError, QueueError
from shared.ports import Publication, Queue
from shared.services import Services


class _CarelessQueue:
    """Says that everything was taken, whatever became of it."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        try:
            return await self._queue.publish(publications)
        except QueueError:
            return tuple("none" for _ in publications)

    async def check(self) -> None:
        await self._queue.check()


class ForgetfulQueue:
    """Publishes without deduplication ids."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        return await self._queue.publish([replace(each, deduplication_id=None) for each in publications])

    async def check(self) -> None:
        await self._queue.check()


class ImpatientQueue:
    """Publishes jobs that are tried twice."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        return await self._queue.publish([replace(each, retries=1) for each in publications])

    async def check(self) -> None:
        await self._queue.check()


class _TrustingGateway:
    """Calls a send whose outcome nobody knows a send that surely did not leave."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    async def send_text(self, instance: str, address: str, text: str) -> Any:
        try:
            return await self._gateway.send_text(instance, address, text)
        except OutcomeUnknownError as error:
            raise GatewayError(str(error)) from error


def _with_gateway(wrap: Callable[[Any], Any]) -> Variation:
    def wrapped(make: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: wrap(make())

    def vary(services: Services) -> Services:
        makers = services.make_gateways
        return replace(services, make_gateways={name: wrapped(make) for name, make in makers.items()})

    return Variation(services=vary)


def _trust_anybody(services: Services) -> Services:
    return replace(services, make_verifier=lambda: lambda signature, body, url: None)


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        safeguard="the fencing token of a turn",
        breaks=("answered_once", "answers_tell_what_was_asked", "every_reply_answers", "in_order"),
        edits=(
            Edit(
                function="api.complete_reply",
                old="if v_conversation.lease_token is distinct from p_token then",
                new="if false then",
            ),
        ),
    ),
    Mutation(
        safeguard="the lease of a send",
        breaks=("answered_once", "honest_status", "in_order"),
        edits=(
            Edit(
                function="api.claim_send",
                old="if v_message.state <> 'pending' then",
                new="if v_message.state not in ('pending', 'sending', 'unknown') then",
            ),
            Edit(function="api.claim_send", old="if v_message.state = 'sending' then", new="if false then"),
            Edit(function="api.claim_send", old="if v_message.state = 'unknown' then", new="if false then"),
        ),
    ),
    Mutation(
        safeguard="doubt about a send that lost its answer",
        breaks=("answered_once",),
        variation=_with_gateway(_TrustingGateway),
    ),
    Mutation(
        safeguard="the look-up before a send in doubt is repeated",
        breaks=("answered_once",),
        edits=(
            Edit(
                function="api.settle_send",
                old="v_provider_message_id text := p_finding ->> 'provider_message_id';",
                new="v_provider_message_id text := null;",
            ),
            Edit(
                function="api.settle_send",
                old="v_missing boolean := coalesce((p_finding ->> 'missing')::boolean, false);",
                new="v_missing boolean := true;",
            ),
        ),
    ),
    Mutation(
        safeguard="`sent` only after the gateway's word",
        breaks=("honest_status",),
        edits=(
            Edit(
                function="api.claim_send",
                old="set state = 'sending',",
                new="set state = 'sent', provider_message_id = gen_random_uuid()::text, accepted_at = app.now(),",
            ),
        ),
    ),
    Mutation(
        safeguard="storing a message once",
        breaks=("stored_once",),
        statements=("alter table app.messages drop constraint messages_instance_id_provider_message_id_direction_key",),
        edits=(
            Edit(
                function="api.receive_message",
                old="where instance_id = v_instance.id and provider_message_id = v_id",
                new="where false and instance_id = v_instance.id and provider_message_id = v_id",
            ),
        ),
    ),
    Mutation(
        safeguard="one contact behind several addresses",
        breaks=("stored_once", "tenants_never_meet"),
        edits=(
            Edit(
                function="app.contact_of",
                old="where known.organization_id = p_organization_id",
                new="where known.organization_id = p_organization_id and p_peer ->> 'phone' is null",
            ),
        ),
    ),
    Mutation(
        safeguard="the supersede check of a turn",
        breaks=("bursts_are_joined",),
        edits=(Edit(function="api.claim_reply", old="if v_conversation.due_seq > p_seq", new="if false"),),
    ),
    Mutation(
        safeguard="the cap of a burst",
        breaks=("bursts_are_capped",),
        calm=True,
        edits=(
            Edit(
                function="api.claim_reply",
                old="and v_open.arrived_at > app.now()",
                new="and v_open.arrived_at > app.now() - interval '1 day'",
            ),
        ),
    ),
    Mutation(
        safeguard="the deadline of an answer",
        breaks=("late_answers_are_a_persons",),
        edits=(
            Edit(
                function="api.claim_reply",
                old="'overdue', v_conversation.audience = 'client'",
                new="'overdue', false and v_conversation.audience = 'client'",
            ),
        ),
    ),
    Mutation(
        safeguard="the order of sends",
        breaks=("in_order",),
        edits=(Edit(function="app.must_wait", old="select exists (", new="select false and exists ("),),
    ),
    Mutation(
        safeguard="a further turn for what came meanwhile",
        breaks=("answered_once",),
        edits=(
            Edit(
                function="app.write_reply",
                old="set covered_seq = p_covers_seq",
                new="set covered_seq = due_seq",
            ),
        ),
    ),
    Mutation(
        safeguard="the record of a routine that is over",
        breaks=("once_per_local_day",),
        edits=(Edit(function="api.claim_routine", old="v_run.state in ('done', 'skipped')", new="false"),),
    ),
    Mutation(
        safeguard="freshness on arrival",
        breaks=("nobody_is_pestered",),
        edits=(
            Edit(
                function="app.decision_on_arrival",
                old="when p_written_at < app.now() - make_interval(secs => p_freshness_seconds) then 'stale'",
                new="",
            ),
        ),
    ),
    Mutation(
        safeguard="silence after a person took over",
        breaks=("takeovers_are_respected",),
        edits=(
            Edit(
                function="app.silence_of",
                old="when (p_conversation).handed_over_at is not null then 'handed_over'",
                new="",
            ),
            Edit(
                function="app.silence_of",
                old="when (p_conversation).paused_until > app.now() then 'handed_over'",
                new="",
            ),
        ),
    ),
    Mutation(
        safeguard="the tenant that follows from the instance",
        breaks=("tenants_never_meet",),
        edits=(
            Edit(
                function="app.instance_of",
                old="where provider = p_provider and name = p_instance",
                new="where provider = p_provider order by name limit 1",
            ),
        ),
    ),
    Mutation(
        safeguard="the signature of a delivery",
        breaks=("only_the_signed_run",),
        variation=Variation(services=_trust_anybody),
    ),
    Mutation(
        safeguard="a webhook that is answered only when its message is kept",
        breaks=("accepted_is_durable",),
        variation=Variation(queue=_CarelessQueue),
    ),
    Mutation(
        safeguard="the sweep",
        breaks=("answered_once", "honest_status"),
        variation=Variation(without_schedules=True),
    ),
    Mutation(
        safeguard="the record of what gave up",
        breaks=("nothing_fails_silently",),
        statements=("create rule simulated_loss as on insert to app.dead_letters do instead nothing",),
    ),
    Mutation(
        safeguard="an answer that the next turn was told of stays",
        breaks=("answers_tell_what_was_asked",),
        edits=(
            Edit(
                function="app.is_overtaken",
                old="and coalesce(p_conversation.lease_until <= app.now(), true)",
                new="",
            ),
            Edit(function="app.withdraw_if_overtaken", old="lease_token = null,", new=""),
        ),
    ),
    Mutation(
        safeguard="retries that outlast an outage",
        breaks=("outages_cost_no_answer",),
        variation=Variation(queue=ImpatientQueue),
    ),
    *PROACTIVE_MUTATIONS,
)
