"""The jobs, one file each. Loading a file registers its job."""

import importlib
import pkgutil


def load_jobs() -> None:
    """Import every job's module, so that the registry knows it. Repeating it changes nothing."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
