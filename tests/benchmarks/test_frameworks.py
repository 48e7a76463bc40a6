"""The decision matrix: whose figures, who wins, what it says in words; resumed runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.frameworks import runner as runner_module
from benchmarks.frameworks.agreement import rank_correlation
from benchmarks.frameworks.compare import Options, short_texts
from benchmarks.frameworks.lines import _code_lines, count_lines
from benchmarks.frameworks.matrix import matrix, row_of
from benchmarks.frameworks.report import markdown, write, write_readme
from benchmarks.frameworks.runner import JobError, Runner
from inference.reports import framework_matrix
from tests.benchmarks.frameworks_parts import MACHINE, answers

OPTIONS = Options(data=Path("news"), seeds=3, rounds=3)


def made(**changes):
    return matrix(OPTIONS, answers(**changes), MACHINE)


def test_a_row_names_the_better_one_where_the_interval_leaves_no_doubt():
    found = made()
    assert row_of(found, "train_s")["winner"] == "tensorflow"  # half the time
    assert row_of(found, "speed_1")["winner"] == "pytorch"  # three times as many
    assert row_of(found, "accuracy")["winner"] == ""  # now one, now the other
    assert row_of(found, "train_s")["ratio"][0] == pytest.approx(0.5)


def test_two_pairs_are_too_few_for_a_winner():
    found = made(n=2)
    assert row_of(found, "train_s")["winner"] == ""
    assert row_of(found, "folder_mb")["winner"] == "tensorflow", "sizes are exact"


def test_a_difference_of_a_hundredth_is_none():
    told = answers()
    told["devices"]["cpu"]["folder_bytes"]["tensorflow"] = 10_950_000
    row = row_of(matrix(OPTIONS, told, MACHINE), "folder_mb")
    assert row["ratio"][2] < 1
    assert row["winner"] == ""


def test_what_was_not_measured_is_said_to_be_so():
    found = made(lime=False)
    row = row_of(found, "lime_s")
    assert row["ratio"] is None
    assert found["agreement"]["cpu"] == dict.fromkeys(
        ("same_weights", "twins", "seeds")
    )
    holds = {one["claim"]: one["holds"] for one in found["claims"]}
    assert holds["TensorFlow is better with LIME"] == "not measured"


def test_the_papers_claims_are_judged_by_the_rows():
    holds = {one["claim"]: one["holds"] for one in made()["claims"]}
    assert holds["TensorFlow trains faster"] == "yes"
    assert holds["TensorFlow predicts faster"] == "no"
    assert holds["TensorFlow's files are smaller"] == "in part"


def test_each_situation_gets_advice():
    take = {one["situation"]: one["take"] for one in made()["situations"]}
    assert take["Training often"] == "TensorFlow"
    assert take["One message at a time, as in the chat"] == "PyTorch"
    assert take["Labels as right as can be"] == "either"


def test_a_busy_machine_is_told():
    assert made()["is_quiet"]
    busy = made(others_share=0.4)
    assert not busy["is_quiet"]
    assert "a try, no measurement" in markdown(busy)
    assert "a try, no measurement" not in markdown(made())


def test_what_is_written_is_what_the_page_reads(tmp_path):
    write(made(), tmp_path)
    assert framework_matrix(tmp_path) == json.loads(json.dumps(made(), default=str))
    assert "| Training |" in (tmp_path / "matrix.md").read_text()
    assert (tmp_path / "ratios.svg").read_text().startswith("<?xml")


def test_readme_gets_the_matrix_between_its_marks(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("a\n<!-- frameworks -->\nold\n<!-- /frameworks -->\nb\n")
    for _ in range(2):
        write_readme(made(), page)
    text = page.read_text()
    assert text.startswith("a\n<!-- frameworks -->\n|")
    assert text.endswith("|\n<!-- /frameworks -->\nb\n")
    assert "old" not in text
    assert text.count("| Training |") == 1


def test_readme_has_the_marks():
    from benchmarks.frameworks.report import MARKED, README

    assert MARKED.search(README.read_text())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([3, 1, 2], [30, 10, 20], 1.0),
        ([3, 1, 2], [-3, -1, -2], -1.0),
        ([1, 0, 0, 0], [1, 0, 0, 0], 1.0),
        ([0, 0, 0], [1, 2, 3], 0.0),
    ],
)
def test_rank_correlation(one, other, expected):
    assert rank_correlation(one, other) == pytest.approx(expected)


def test_comments_docstrings_and_imports_are_no_code():
    source = '"""Doc."""\n\nimport os\n\n# why\ndef f(\n    x,\n):\n    """D."""\n    return x\n'
    assert _code_lines(source) == {6, 7, 8, 10}


def test_both_frameworks_lines_are_counted():
    found = count_lines()
    for own in found.values():
        assert min(own.values()) > 10
    parts = [task for task in found if task != "all"]
    assert found["all"]["pytorch"] == sum(found[t]["pytorch"] for t in parts)


def test_texts_are_of_a_messages_length(tmp_path):
    rows = "".join(f'sport,"{i} {"word " * 100}"\n' for i in range(10))
    (tmp_path / "test.csv").write_text(f"category,text\n{rows}")
    texts = short_texts(tmp_path, 5)
    assert [text.split()[0] for text in texts] == ["0", "2", "4", "6", "8"]
    assert {len(text.split()) for text in texts} == {60}


SCRIPT = """
import json, sys
from pathlib import Path
path = Path(sys.argv[1])
job = json.loads(path.read_text())
if job.get("fails"):
    sys.exit("no such thing")
log = path.parent / "log"
log.write_text((log.read_text() if log.exists() else "") + path.stem + " ")
path.with_suffix(".answer").write_text(json.dumps({"threads": job["threads"]}))
"""


@pytest.fixture
def runner(tmp_path, monkeypatch):
    (tmp_path / "a_side.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(
        runner_module, "MODULES", dict.fromkeys(("pytorch", "tensorflow"), "a_side")
    )
    pythons = dict.fromkeys(("pytorch", "tensorflow"), sys.executable)
    return Runner(tmp_path, pythons, 2, lambda text: None)


def test_what_was_measured_is_not_measured_again(runner):
    first = runner.ask("pytorch", "serve", "serve-1")
    assert first["threads"] == 2
    assert 0 <= first["others_share"] <= 1
    assert runner.ask("pytorch", "serve", "serve-1") == first
    runner.ask("tensorflow", "serve", "serve-1")
    assert (runner.work / "jobs" / "log").read_text().split() == [
        "serve-1-pytorch",
        "serve-1-tensorflow",
    ]


def test_a_measurement_that_fails_says_why_and_is_asked_again(runner):
    with pytest.raises(JobError, match="no such thing"):
        runner.ask("pytorch", "serve", "serve-1", fails=True)
    assert runner.ask("pytorch", "serve", "serve-1")["threads"] == 2
