"""Shows a demo that was played: who wrote, what was answered, and how long it took."""

from rich.console import Console
from rich.text import Text

from infra.demo import BUSINESS, Transcript
from infra.phones import Exchange

_INDENT = "    "


def show(transcript: Transcript, console: Console | None = None) -> None:
    """Print the whole conversation, by default to standard output."""
    console = console or Console(highlight=False, soft_wrap=True)
    for exchange in transcript.exchanges:
        for text in exchange.step.texts:
            _say(console, exchange.step.person.name, text, style="bold cyan")
        _say(console, _answerer(exchange), exchange.reply or "(no answer)", style="bold green")
        console.print(Text(f"{_INDENT}{exchange.seconds:.1f} s\n", style="dim"))
    if transcript.notice is not None:
        _say(console, f"Aurora → {transcript.notice.person.name}", transcript.notice.text, style="bold magenta")
        console.print()


def verdict(transcript: Transcript) -> str:
    """Sum the demo up in one line, with the reason when something is missing."""
    summary = (
        f"demo: {transcript.messages_in} messages in, {transcript.replies_out} replies out, {transcript.lost} lost"
    )
    if transcript.lost:
        silent = sorted({each.step.person.name for each in transcript.exchanges if each.reply is None})
        return f"{summary}: no answer for {', '.join(silent)}"
    if transcript.notice is None:
        return f"{summary}: the owner was not told that a customer wants a person"
    return summary


def _answerer(exchange: Exchange) -> str:
    return "Aurora" if exchange.step.person.role == "owner" else BUSINESS


def _say(console: Console, speaker: str, text: str, *, style: str) -> None:
    console.print(Text(speaker, style=style))
    for line in text.splitlines():
        console.print(Text(f"{_INDENT}{line}" if line else ""))
