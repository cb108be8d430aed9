"""Whole archives: read, clean, and drop what resembles a document that is kept.

    formats/     files of any known format → records
    pages.py     records → pages, or the reason why one is none
    worker.py    the program of the worker processes: a record in, its cleaned page out
    writers/     documents → a file of any known format
    stages/      read or take, clean, resemble, write: each resumed where it was left
    engines/     where the stages run
    job.py       the stages in order
    columns.py   the result's types as columns of Parquet

Needs the extra `dedup[archive]`.
"""
