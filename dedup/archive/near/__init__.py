"""Near-duplicates of an archive, out of core: what is in memory hardly grows with the documents.

Texts are signed (`prints`: their shingle hashes, and for each band a sorted run of tags with documents), documents
with a common tag are grouped (`groups`), and in one pass each is held against the kept members of its groups (`keep`).
"""
