"""The stages of a job, each of which goes on where it was left.

read.py         input files → drafts of their pages, and what these say of their sites
statistics.py   that → what sites repeat
teach.py        drafts → the memory of a service
clean.py        drafts → rows and cleaned texts
take.py         input files → their texts as they are, instead of the stages above
remember.py     what earlier jobs kept → this job; what this one keeps → the next
resemble.py     texts → which resembles which
write.py        rows, texts and verdicts → the output
records.py      a section of it → its records
ids.py          ids that several documents have → a warning
report.py       what the other stages left → `report.html`
"""
