"""The report of a finished job: one page of HTML without scripts or anything from a network.

    tally.py        what is counted while the output is written
    clusters.py     the largest clusters, and two documents of each
    differences.py  two texts side by side
    cost.py         what a run took
    page.py         all of it → `report.html`

Its size is bounded whatever the input's, and but for the section `cost` the same job writes the same bytes.
"""
