"""The stages of a job, each of which goes on where it was left.

clean.py      input files → rows and cleaned texts
resemble.py   texts → which resembles which
write.py      rows, texts and verdicts → the output
"""
