"""What every benchmark prints and writes: the machine, a table, JSON and a plot."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import click

Row = dict[str, Any]


def machine(packages: Sequence[str] = ()) -> dict[str, Any]:
    """The processor and the versions that a figure was measured with."""
    model, flags = "unknown", ""
    if (info := Path("/proc/cpuinfo")).exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        stripped = {name.strip(): value.strip() for name, value in fields.items()}
        model, flags = stripped.get("model name", model), stripped.get("flags", "")
    widest = next((name for name in ("avx512bw", "avx2", "asimd") if name in flags.split()), "none")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "vectors": widest,
        "python": platform.python_version(),
        "versions": {name: version_of(name) for name in ("dedup", "numba", "numpy", *packages)},
    }


def version_of(package: str) -> str:
    """The installed version of a package, or that there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def pin() -> None:
    """Keep this process, and all that it starts, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def show(title: str, rows: Sequence[Row], out: Path | None, environment: dict[str, Any]) -> None:
    """Print a table; with a folder, write TITLE.json and TITLE.png there too.

    A row whose value is None under every column but the first was skipped, and says so.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(columns)]
    click.echo(f"\n{title}")
    for line in ([*columns], *cells):
        click.echo(
            "  ".join(value.ljust(widths[0]) if not i else value.rjust(widths[i]) for i, value in enumerate(line))
        )
    if out:
        out.mkdir(parents=True, exist_ok=True)
        name = title.partition(":")[0].replace(" ", "-")
        text = json.dumps({"title": title, "machine": environment, "rows": rows}, indent=1, default=float)
        (out / f"{name}.json").write_text(text)
        _plot(out / f"{name}.png", title, rows, columns)


def _cell(value: object) -> str:
    if value is None:
        return "skipped"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.0f}"
    return str(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _plot(path: Path, title: str, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """A bar a row for each column of numbers; where there is no matplotlib, no plot."""
    try:
        import matplotlib as mpl  # noqa: PLC0415  (of the benchmarks' group only)

        mpl.use("agg")
        from matplotlib import pyplot as plt  # noqa: PLC0415
    except ImportError:
        click.echo("plot skipped: matplotlib is not installed", err=True)
        return
    numeric = [name for name in columns[1:] if any(isinstance(row.get(name), int | float) for row in rows)]
    figure, axes = plt.subplots(1, len(numeric), figsize=(3 * len(numeric) + 1, 0.4 * len(rows) + 1.5), squeeze=False)
    labels = [str(row[columns[0]]) for row in rows]
    for number, (axis, name) in enumerate(zip(axes[0], numeric, strict=True)):
        axis.barh(labels, [_number(row.get(name)) for row in rows], color="#3b6ea5")
        axis.set_title(name, fontsize=9)
        axis.invert_yaxis()
        if number:
            axis.set_yticklabels([])
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
