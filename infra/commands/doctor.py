"""`aurora doctor`: is everything that the environment names there, and does it work together?"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

import typer

from infra.doctor import Finding, examine
from infra.migrations import MigrationError


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")] = False) -> None:
    """Check the settings and every service they name, and say what to do about what is wrong.

    The exit status is 0 when everything passed. Nothing is changed: one job is published and answered, a key in Redis
    is set and deleted, the model is asked for one word.
    """
    try:
        findings = asyncio.run(_gather(examine(), show=not as_json))
    except MigrationError as error:
        typer.echo(f"aurora: {error}", err=True)
        raise typer.Exit(1) from error
    failed = sum(not finding.passed for finding in findings)
    if as_json:
        typer.echo(json.dumps(document(findings), ensure_ascii=False, indent=2))
    else:
        typer.echo(f"RESULTS: {len(findings) - failed} passed, {failed} failed")
    raise typer.Exit(1 if failed else 0)


def line(finding: Finding) -> str:
    """Return a finding as the one line that a person reads."""
    mark = "✓" if finding.passed else "✗"
    start = f"{mark} [{finding.number}] {finding.name} ({finding.milliseconds} ms)"
    return start if finding.passed else f"{start} {finding.problem} → {finding.remedy}"


def document(findings: list[Finding]) -> dict[str, object]:
    """Return all findings as one JSON object: `passed` and `failed` are counts, `checks` holds each finding."""
    failed = sum(not finding.passed for finding in findings)
    checks = [{**asdict(finding), "passed": finding.passed} for finding in findings]
    return {"passed": len(findings) - failed, "failed": failed, "checks": checks}


async def _gather(examination: AsyncIterator[Finding], *, show: bool) -> list[Finding]:
    findings = []
    async for finding in examination:
        if show:
            typer.echo(line(finding))
        findings.append(finding)
    return findings
