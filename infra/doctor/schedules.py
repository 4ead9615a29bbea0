"""QStash's schedules: those that jobs declare and routines need, and no others of ours."""

from infra.doctor.check import Check, Subject, UnhealthyError
from infra.schedules import plan_schedules
from shared.schedules import Plan, is_routine

_SYNC = "run `aurora schedules sync`; `aurora schedules diff` shows what it would change"
_PLAN = f"{_SYNC}; when QStash's plan takes no more, the sweep runs what is missing, up to some minutes late"


def remedy_for(changes: Plan) -> str:
    """Return what to do about schedules that differ; where only routines lack one, a full plan may be why."""
    only_routines_lack = changes == Plan(create=changes.create) and all(map(is_routine, changes.create))
    return _PLAN if only_routines_lack else _SYNC


async def _in_place(subject: Subject) -> None:
    changes = await plan_schedules(subject.schedules, subject.database, deployment=subject.settings.deployment)
    if not changes.empty:
        counts = {
            "missing": changes.create,
            "out of date": changes.update,
            "of no use": changes.delete,
            "not paused": changes.pause,
        }
        differences = ", ".join(f"{len(found)} {word}" for word, found in counts.items() if found)
        raise UnhealthyError(f"the schedules are not what they must be: {differences}", remedy=remedy_for(changes))


CHECKS = (
    Check(
        name="qstash schedules",
        ask=_in_place,
        remedy=_SYNC,
        needs=("qstash token", "functions refuse what is not signed", "supabase api.schedules_in_use"),
    ),
)
