"""Files of questions and answers: CSV with a header, or YAML."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from infra.errors import InfraError

QUESTION_LIMIT = 500  #: characters, as in the database
ANSWER_LIMIT = 2000  #: same

_NAMES = {"question": "question", "pergunta": "question", "answer": "answer", "resposta": "answer"}

Entry = dict[str, str]


class KnowledgeFileError(InfraError):
    """A file of knowledge cannot be read; the message says where and why."""


def read_entries(path: Path) -> list[Entry]:
    """Return the entries of a file, each `{"question", "answer"}`.

    A CSV file is in UTF-8, separated by commas or semicolons, with the columns question and answer (or pergunta and
    resposta). A YAML file is a list of such mappings, or one mapping of questions to answers. Raises
    `KnowledgeFileError`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeFileError(f"{path} cannot be read: {_reason(error)}") from None
    match path.suffix.lower():
        case ".csv":
            rows = _csv_rows(text, path)
        case ".yaml" | ".yml":
            rows = _yaml_rows(text, path)
        case _:
            raise KnowledgeFileError(f"{path}: give a .csv, .yaml or .yml file")
    if not rows:
        raise KnowledgeFileError(f"{path} holds no entry")
    return [_checked(row, f"{path}, entry {number}") for number, row in enumerate(rows, start=1)]


def checked_entry(question: str, answer: str) -> Entry:
    """Return one entry. Raises `KnowledgeFileError` for a text that is empty or too long."""
    return _checked({"question": question, "answer": answer}, "the entry")


def _csv_rows(text: str, path: Path) -> Sequence[Mapping[str, Any]]:
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",")
    names = {_NAMES.get((name or "").strip().lower()) for name in reader.fieldnames or ()}
    if not {"question", "answer"} <= names:
        raise KnowledgeFileError(f"{path}: the first line must name the columns question and answer")
    return list(reader)


def _yaml_rows(text: str, path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        raise KnowledgeFileError(f"{path}{where}: this is no YAML") from None
    if isinstance(content, dict):
        return [{"question": question, "answer": answer} for question, answer in content.items()]
    if isinstance(content, list) and all(isinstance(row, dict) for row in content):
        return content
    raise KnowledgeFileError(
        f"{path}: give a list of entries with question and answer, or questions with their answers"
    )


def _checked(row: Mapping[str, Any], where: str) -> Entry:
    named = {_NAMES.get(str(name).strip().lower()): value for name, value in row.items()}
    entry: Entry = {}
    for name, limit in (("question", QUESTION_LIMIT), ("answer", ANSWER_LIMIT)):
        text = named.get(name)
        # YAML makes of a bare `Sim` a text, but of `true` and `9` something else.
        if not isinstance(text, str) or not text.strip():
            raise KnowledgeFileError(f"{where}: the {name} is missing, or no text")
        if len(text.strip()) > limit:
            raise KnowledgeFileError(f"{where}: the {name} has {len(text.strip())} characters, of at most {limit}")
        entry[name] = text.strip()
    return entry


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else (error.strerror or type(error).__name__)
