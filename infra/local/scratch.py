"""Throw-away state for measurements and tests."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder that is deleted afterwards.

    PostgreSQL's own user can reach it when root runs this: otherwise the server would keep its data elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="aurora-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
