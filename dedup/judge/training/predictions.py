"""What held-out judges make of whole pages, guards and all: the output that benchmarks may fairly score."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.judge.model import Form
from dedup.judge.training.dataset import read_analyses
from dedup.pipeline import finish, settle


def write_predictions(folder: Path, data: Path, form: Form, scores: Sequence[npt.NDArray[np.float32]]) -> None:
    """Write `SET.FORM.jsonl` for every set: the id and the content of each page.

    Args:
        folder: made where it is missing.
        data: the folder that the pages were read from.
        form: what they were judged as.
        scores: float32[n] of each page, in the order of `read_analyses`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        for (name, given, analysis), held_out in zip(read_analyses(data, form), scores, strict=True):
            if name not in files:
                files[name] = stack.enter_context((folder / f"{name}.{form}.jsonl").open("wb"))
            row = {"id": given["id"], "content": finish(analysis, decision=settle(analysis, scores=held_out)).content}
            files[name].write(msgspec.json.encode(row) + b"\n")
