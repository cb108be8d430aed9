"""How the shipped weights are made: `python -m dedup.judge.training --data FOLDER`. Needs the extra `train`."""
