"""Files of questions and answers are read whole, or refused with the place that is wrong."""

from pathlib import Path

import pytest

from infra.knowledge_files import KnowledgeFileError, read_entries

PIX = {"question": "Aceitam Pix?", "answer": "Sim."}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "question,answer\nAceitam Pix?,Sim.\n"),
        ("a.csv", "\ufeffPergunta;Resposta\r\nAceitam Pix?;Sim.\r\n"),
        ("a.csv", 'note,answer,question\nx,"Sim."," Aceitam Pix? "\n'),
        ("a.yaml", "- question: Aceitam Pix?\n  answer: Sim.\n"),
        ("a.YML", "Aceitam Pix?: Sim.\n"),
        ("a.yaml", "- pergunta: Aceitam Pix?\n  resposta: Sim.\n"),
    ],
)
def test_a_file_is_read(tmp_path: Path, name: str, content: str) -> None:
    """As spreadsheets and people write them."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_entries(tmp_path / name) == [PIX]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "", "the first line must name the columns"),
        ("a.csv", "question,answer\n", "holds no entry"),
        ("a.csv", "Aceitam Pix?,Sim.\n", "the first line must name the columns"),
        ("a.csv", "question,answer\nAceitam Pix?,Sim.\nTem wifi?,\n", "entry 2: the answer is missing"),
        ("a.csv", f"question,answer\n{'x' * 501},Sim.\n", "entry 1: the question has 501 characters, of at most 500"),
        ("a.yaml", "- question: [", "line 1: this is no YAML"),
        ("a.yaml", "Sim.", "give a list of entries"),
        ("a.yaml", "- Aceitam Pix?\n", "give a list of entries"),
        ("a.yaml", "- question: Aceitam Pix?\n  answer: true\n", "entry 1: the answer is missing, or no text"),
        ("a.yaml", "", "give a list of entries"),
        ("a.txt", "Aceitam Pix?", "give a .csv, .yaml or .yml file"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, name: str, content: str, told: str) -> None:
    """One line says where."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeFileError) as refused:
        read_entries(tmp_path / name)
    assert told in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Missing, or not UTF-8."""
    (tmp_path / "latin.csv").write_bytes("question,answer\nTem táxi?,Sim.\n".encode("latin-1"))
    for name, told in [("missing.csv", "No such file"), ("latin.csv", "not UTF-8")]:
        with pytest.raises(KnowledgeFileError, match=told):
            read_entries(tmp_path / name)
