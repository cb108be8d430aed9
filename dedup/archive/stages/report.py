"""What the other stages left → `report.html`."""

from __future__ import annotations

from collections import Counter

import msgspec

from dedup.archive.cleaned import CleanedInput
from dedup.archive.files import write
from dedup.archive.options import ArchiveOptions
from dedup.archive.report.cost import Meter
from dedup.archive.report.tally import Counted, Tally
from dedup.archive.stages.resemble import Verdicts
from dedup.archive.workspace import Identity, Workspace

_decode = msgspec.json.Decoder(Counted).decode


def report(
    identity: Identity, workspace: Workspace, options: ArchiveOptions, verdicts: Verdicts, meter: Meter
) -> None:
    """Write the report of a job whose output is written.

    Args:
        identity: of the job.
        workspace: where its files are.
        options: of the job.
        verdicts: of all documents.
        meter: of this run.

    Raises:
        ArchiveOutputError: it cannot be written.
    """
    from dedup.archive.report.page import Outcome, render  # noqa: PLC0415  (loads Jinja)

    tally, whole, inputs = Tally(), Counter[str](), []
    for number, source in enumerate(identity.inputs):
        counted = _decode(workspace.counts(number).read_bytes())
        tally.add(counted.tally)
        whole.update(counted.counts)
        inputs.append(Outcome.of(source.name, counted.counts))
    cleaned = [CleanedInput.of(workspace, number) for number in range(len(inputs))]
    cost = meter.read(sum(source.size or 0 for source in identity.inputs), options.core_price)
    write(workspace.report, render(Outcome.of("all", whole), inputs, tally, verdicts, cleaned, cost))
