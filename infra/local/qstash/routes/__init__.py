"""The endpoints, one module per resource."""

from infra.local.qstash.router import Route
from infra.local.qstash.routes import (
    clock,
    dead_letters,
    events,
    faults,
    flow_control,
    messages,
    publish,
    queues,
    schedules,
    signing_keys,
    url_groups,
)

ROUTES: list[Route] = [
    *publish.ROUTES,
    *messages.ROUTES,
    *queues.ROUTES,
    *schedules.ROUTES,
    *url_groups.ROUTES,
    *dead_letters.ROUTES,
    *events.ROUTES,
    *flow_control.ROUTES,
    *signing_keys.ROUTES,
]
DEV_ROUTES: list[Route] = [*clock.ROUTES, *faults.ROUTES]
