"""Says what is wrong with a deployment and what to do about it, against the local stack and the real services alike."""

from infra.doctor.check import Finding
from infra.doctor.examination import examine

__all__ = ["Finding", "examine"]
