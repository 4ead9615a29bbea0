"""The command line: `aurora …`. Each command is a module of `infra.commands`."""

import typer

from infra.commands.blocks import group as blocks
from infra.commands.contacts import group as contacts
from infra.commands.dead_letters import group as dead_letters
from infra.commands.demo import demo
from infra.commands.dev import dev
from infra.commands.doctor import doctor
from infra.commands.env import env
from infra.commands.eval import evaluate
from infra.commands.events import group as events
from infra.commands.followups import group as followups
from infra.commands.hours import group as hours
from infra.commands.knowledge import group as knowledge
from infra.commands.migrate import migrate
from infra.commands.proactive import group as proactive
from infra.commands.qstash import qstash
from infra.commands.queue import group as queue
from infra.commands.schedules import group as schedules
from infra.commands.serve import group as serve
from infra.commands.services import group as services
from infra.commands.simulate import simulate
from infra.commands.templates import group as templates
from infra.commands.tenants import group as tenants

app = typer.Typer(
    name="aurora",
    help="Aurora: a WhatsApp assistant for small service businesses that runs without a server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command("dev")(dev)
app.command("demo")(demo)
app.command("env")(env)
app.command("doctor")(doctor)
app.command("eval")(evaluate)
app.command("migrate")(migrate)
app.command("qstash")(qstash)
app.command("simulate")(simulate)
app.add_typer(tenants, name="tenants")
app.add_typer(services, name="services")
app.add_typer(hours, name="hours")
app.add_typer(blocks, name="blocks")
app.add_typer(knowledge, name="knowledge")
app.add_typer(contacts, name="contacts")
app.add_typer(followups, name="followups")
app.add_typer(templates, name="templates")
app.add_typer(proactive, name="proactive")
app.add_typer(schedules, name="schedules")
app.add_typer(events, name="events")
app.add_typer(queue, name="queue")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(serve, name="serve")


def main() -> None:
    """Run the command line."""
    app()
