"""What an archive job needs a document, phase by phase, and what that makes for a billion documents.

Each size runs in a process of its own; on a machine that others use, the time of a core is what can be relied on. Time
and disk are those of the largest size, per document; memory is what the largest needs beyond the smallest, per further
document. Nothing of it is measured at a billion: the phases are linear in the documents but for the sorting, whose runs
are looked into once for every part that fits in memory. One thread.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import click

from benchmarks.corpus import build
from benchmarks.report import Row, machine, show

_PHASES: Final = ("read", "sign", "group and keep", "write")
_BILLION: Final = 1_000_000_000


@click.command("archive_scale")
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), help="JSON lines of real text, or their folder."
)
@click.option("--documents", "sizes", multiple=True, default=(100_000, 1_000_000), show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def archive_scale(data: Path | None, sizes: tuple[int, ...], out: Path | None) -> None:
    """Time, disk and memory a document of each phase of `dedup archive --no-clean`, at several sizes."""
    found: list[dict[str, dict[str, float]]] = []
    rows: list[Row] = []
    for documents in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "in.jsonl"
            with source.open("w", encoding="utf-8") as lines:
                for number, text in enumerate(build(documents, data).texts):
                    lines.write(json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n")
            command = [
                sys.executable,
                "-m",
                "benchmarks.archive_scale",
                str(source),
                f"{folder}/out",
                f"{folder}/index",
            ]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            found.append(json.loads(done.stdout))
            size = source.stat().st_size
        for phase, figures in found[-1].items():
            rows.append(
                {
                    "phase": f"{phase}, {documents:,} documents",
                    "µs a document": figures["s"] / documents * 1e6,
                    "of a core": figures["core"] / documents * 1e6,
                    "disk bytes a document": figures["disk"] / documents,
                    "peak MB so far": figures["peak"] / 1e6,
                }
            )
    show("archive scale: each phase", rows, out, machine())
    show(
        f"archive scale billion: of {size / sizes[-1]:.0f} bytes each, on paper",
        _on_paper(found, sizes),
        out,
        machine(),
    )


def _on_paper(found: list[dict[str, dict[str, float]]], sizes: tuple[int, ...]) -> list[Row]:
    small, large = found[0], found[-1]
    further = max(sizes[-1] - sizes[0], 1)
    rows: list[Row] = []
    for phase, figures in large.items():
        a_document = max(figures["peak"] - small[phase]["peak"], 0) / further
        rows.append(
            {
                "phase": phase,
                "hours": figures["s"] / sizes[-1] * _BILLION / 3600,
                "core hours": figures["core"] / sizes[-1] * _BILLION / 3600,
                "disk TB": figures["disk"] / sizes[-1] * _BILLION / 1e12,
                "memory GB": (figures["peak"] + a_document * (_BILLION - sizes[-1])) / 1e9,
            }
        )
    return rows


class _Phases:
    """Notes, whenever the job says how far it is, what it has taken up to then."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._began = time.perf_counter(), time.process_time()
        self._phase = _PHASES[0]
        self.figures: dict[str, dict[str, float]] = {}

    def note(self, stage: str, share: float) -> None:
        """Take the time of a phase once the next has begun."""
        now = {"clean": _PHASES[0], "resemble": _PHASES[1] if share < 0.5 else _PHASES[2]}.get(stage, _PHASES[3])
        if now != self._phase:
            self.end(now)

    def end(self, following: str = "") -> None:
        """Take the time of the phase."""
        now = time.perf_counter(), time.process_time()
        seconds, core = (after - before for after, before in zip(now, self._began, strict=True))
        disk = sum(path.stat().st_size for path in self._out.rglob("*") if path.is_file())
        self.figures[self._phase] = {"s": seconds, "core": core, "disk": disk, "peak": _peak()}
        self._phase, self._began = following, (time.perf_counter(), time.process_time())


def _peak() -> int:
    """Most bytes that this process ever held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _job(source: str, out: str, index: str) -> None:
    from dedup.archive.job import archive  # noqa: PLC0415  (what is measured)
    from dedup.archive.options import LEAST_MEMORY, ArchiveOptions  # noqa: PLC0415

    phases = _Phases(Path(out))
    options = ArchiveOptions(clean=None, index_out=index, memory=LEAST_MEMORY, workers=1)
    archive([source], out, options, watch=lambda far: phases.note(far.stage, far.done / max(far.total, 1)))
    phases.end()
    phases.figures["index"] = {
        "s": 0.0,
        "core": 0.0,
        "disk": sum(path.stat().st_size for path in Path(index).iterdir()),
        "peak": _peak(),
    }
    json.dump(phases.figures, sys.stdout)


if __name__ == "__main__":
    _job(*sys.argv[1:])
