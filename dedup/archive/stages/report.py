"""What the other stages left → `report.html`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from dedup.archive.cleaned import CleanedInput
from dedup.archive.engines import Call
from dedup.archive.files import write
from dedup.archive.identity import Identity
from dedup.archive.report.cost import Meter
from dedup.archive.report.tally import Counted, Outcome, Tally
from dedup.archive.stages.ids import RepeatedIds
from dedup.archive.stages.resemble import Verdicts
from dedup.archive.workspace import Workspace

_decode = msgspec.json.Decoder(Counted).decode


def report(
    identity: Identity, call: Call, outcome: Outcome, verdicts: Verdicts, repeated: RepeatedIds, meter: Meter
) -> None:
    """Write the report of a job whose output is written.

    Args:
        identity: of the job.
        call: what its sections were worked on with.
        outcome: of all records.
        verdicts: of all documents.
        repeated: ids that several of them have.
        meter: of this run.

    Raises:
        ArchiveOutputError: it cannot be written.
    """
    from dedup.archive.report.page import render  # noqa: PLC0415  (loads Jinja)

    workspace, tally = Workspace(Path(call.out)), Tally()
    of_input = {source.name: Counter[str]() for source in identity.inputs}
    for number, section in enumerate(call.sections):
        counted = _decode(workspace.counts(number).read_bytes())
        tally.add(counted.tally)
        of_input[section.name].update(counted.counts)
    annotated = call.options.annotate
    inputs = [Outcome.of(name, counts, annotated=annotated) for name, counts in of_input.items()]
    cleaned = [CleanedInput.of(workspace, number) for number in range(len(call.sections))]
    cost = meter.read(sum(source.size or 0 for source in identity.inputs), call.options.core_price)
    content = render(outcome, inputs, tally, verdicts, cleaned, repeated, cost, annotated=annotated)
    write(workspace.report, content)
