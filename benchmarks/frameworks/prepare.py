"""Write a seed's lesson and manifest: `python -m benchmarks.frameworks.prepare JOB`.

Only here do the two runs meet: what is written is the start, the batches, the tokens and
the rates that PyTorch's run makes for itself from the same order.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.frameworks.orders import preset_of, read_order, texts_of
from benchmarks.frameworks.side import INFO_NAME, Job
from inference.training.classifiers import info_of
from inference.training.handover import hand_over


def main() -> None:
    path = Path(sys.argv[1])
    job = Job(**json.loads(path.read_text()))
    order = read_order(job)
    preset = preset_of(order)
    texts = texts_of(job, order, preset)
    folder = Path(job.lesson)
    trainee = hand_over(order, preset, texts, folder)
    info = info_of(order, preset, texts, trainee.model)
    (folder / INFO_NAME).write_text(json.dumps(info))
    weights = sum(p.numel() for p in trainee.model.parameters())
    found = {"n_articles": len(texts.train), "parameters": weights}
    path.with_suffix(".answer").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
