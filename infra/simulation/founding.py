"""How the businesses of a world come to be, before anything happens."""

import json
from typing import Any

from infra.simulation.clocks import moment
from infra.simulation.database import SimulatedDatabase
from infra.simulation.people import Business

_RULES = """
update app.organizations set quiet_until = %s, quiet_from = %s, proactive_cap = %s where id = %s
"""


def found(database: SimulatedDatabase, business: Business) -> str:
    """Create a tenant with its WhatsApp numbers, all of them connected, and return the organization's id."""
    now = moment(0).isoformat()
    database.execute("select set_config('simulation.now', %s, false)", (now,))
    organization_id: str = database.call("create_tenant", {"p_tenant": _tenant(business)}, now=now)["organization_id"]
    for name in business.instances[1:]:
        database.execute(
            "insert into app.instances (organization_id, provider, name) values (%s, 'evolution', %s)",
            (organization_id, name),
        )
    database.execute(_RULES, (business.quiet_until, business.quiet_from, business.proactive_cap, organization_id))
    database.execute(
        "update app.instances set state = 'open', reply_window_hours = %s where organization_id = %s",
        (business.reply_window_hours, organization_id),
    )
    return organization_id


def _tenant(business: Business) -> dict[str, Any]:
    tenant = {
        "name": business.name,
        "provider": "evolution",
        "instance": business.instances[0],
        "owner_phone": f"+{business.owner_phone}",
        "owner_name": "Dona",
        "timezone": business.timezone,
        "locale": business.locale,
    }
    return json.loads(json.dumps(tenant))  # type: ignore[no-any-return]  # as it comes over the wire
