"""Every error that can reach a client has a problem document, and none tells what is nobody's business."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import service.errors
from dedup.errors import DedupError, StateDamagedError, StateMismatchError, StateUnavailableError
from service.problems import CODES, code_of, problem_of


def below(kind: type[DedupError]) -> Iterator[type[DedupError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from below(each)


@pytest.mark.parametrize("kind", sorted(set(below(DedupError)), key=repr))
def test_every_error_there_is_has_a_code_that_is_known(kind: type[DedupError]) -> None:
    """One without would end in a KeyError where its problem is made, and in a plain 500."""
    assert service.errors.ServiceError in set(below(DedupError))
    error = kind.__new__(kind)
    vars(error)["exit_status"] = None  # of a worker that died
    assert code_of(error) in CODES


@pytest.mark.parametrize(
    "error",
    [
        StateUnavailableError(
            "redis://10.0.0.7:6379/0", "Error 111 connecting to 10.0.0.7:6379. Connection refused."
        ),
        StateMismatchError("/srv/10.0.0.7/state", "format", 1, 2),
        StateDamagedError("/srv/10.0.0.7/state", "/srv/10.0.0.7/state/log.mdb", "it was moved"),
    ],
)
def test_no_tenant_is_told_where_the_state_is(error: DedupError) -> None:
    told = problem_of(error, "r")
    assert "10.0.0.7" not in told.detail
    assert "log" in told.detail or told.status == 503
