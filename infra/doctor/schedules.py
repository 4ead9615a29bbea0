"""QStash's schedules: those that jobs declare and routines need, and no others of ours."""

from infra.doctor.check import Check, Subject, UnhealthyError
from infra.schedules import plan_schedules

_SYNC = "run `aurora schedules sync`; `aurora schedules diff` shows what it would change"


async def _in_place(subject: Subject) -> None:
    changes = await plan_schedules(subject.schedules, subject.database, deployment=subject.settings.deployment)
    if not changes.empty:
        counts = {"missing": changes.create, "out of date": changes.update, "of no use": changes.delete}
        differences = ", ".join(f"{len(found)} {word}" for word, found in counts.items() if found)
        raise UnhealthyError(f"the schedules are not what they must be: {differences}", remedy=_SYNC)


CHECKS = (
    Check(
        name="qstash schedules",
        ask=_in_place,
        remedy=_SYNC,
        needs=("qstash token", "functions refuse what is not signed", "supabase api.schedules_in_use"),
    ),
)
