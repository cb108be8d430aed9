"""`python -m benchmarks QUESTION …`: one file a question."""

from __future__ import annotations

import click

from benchmarks.archive import archive
from benchmarks.archive_kills import archive_kills
from benchmarks.archive_scale import archive_scale
from benchmarks.archive_sites import archive_sites
from benchmarks.cleaning import cleaning
from benchmarks.damage import damage
from benchmarks.durability import durability
from benchmarks.generated_sites import generated_sites
from benchmarks.hostile import hostile
from benchmarks.index import index
from benchmarks.job import job
from benchmarks.memory import memory
from benchmarks.memory_start import memory_start
from benchmarks.metadata import metadata
from benchmarks.process import process
from benchmarks.renderings import renderings
from benchmarks.service import service
from benchmarks.service_hostile import service_hostile
from benchmarks.service_kills import service_kills
from benchmarks.service_load import service_load
from benchmarks.service_soak import service_soak
from benchmarks.signatures import signatures
from benchmarks.sites import sites
from benchmarks.stages import stages
from benchmarks.thresholds import thresholds


@click.group()
def main() -> None:
    """Ask one question, on this machine, of dedup and of its peers in the same run."""


for command in (
    *(archive, archive_kills, archive_scale, archive_sites, cleaning, damage, durability, generated_sites, hostile),
    *(index, job, memory, memory_start, metadata, process, renderings, service, service_hostile, service_kills),
    *(service_load, service_soak, signatures, sites, stages, thresholds),
):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
