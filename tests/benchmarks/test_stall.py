from __future__ import annotations

from benchmarks import stall
from benchmarks.marks import put


def test_the_stall_table_goes_between_its_marks(tmp_path):
    times = {
        ("emochat", "ping to pong", is_slow): [[1.0, 2.0, 3.0], [2.0, 4.0]]
        for is_slow in (False, True)
    }
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- stall -->\nold\n<!-- /stall -->\nafter\n")
    put("stall", stall.table(times), page)
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| emochat | ping to pong | 2.0, " in text
    assert "| 0.0 | 1.00 [1.00, 1.00] |" in text


def test_without_a_gpu_none_is_measured(monkeypatch, capsys):
    from benchmarks import gpu

    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert gpu.main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip() == gpu.NO_DEVICE
