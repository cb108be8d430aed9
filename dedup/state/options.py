"""Options of a state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from dedup.errors import OptionError
from dedup.options import require_kind, require_number, require_one_of
from dedup.state.header import Parameters

Durability = Literal["fsync", "process"]
_LEAST_PATIENCE: Final = 0.001  # seconds
_MOST_PATIENCE: Final = 86_400


@dataclass(frozen=True, slots=True)
class StateOptions:
    """How a state is opened.

    Attributes:
        parameters: that its digests and signatures have to be made with.
        durability: `fsync`: what is acknowledged survives a power cut. `process`: it survives `kill -9` only.
        prefix: of the keys in Redis, so that several states can share a server.
        patience: seconds to wait for a Redis that does not answer, and then to leave it alone.

    Raises:
        OptionError: a value outside its range.
    """

    parameters: Parameters = field(default_factory=Parameters)
    durability: Durability = "fsync"
    prefix: str = "dedup"
    patience: float = 5.0

    def __post_init__(self) -> None:
        require_kind("parameters", self.parameters, Parameters)
        require_one_of("durability", self.durability, get_args(Durability))
        if not isinstance(self.prefix, str) or not self.prefix or set(self.prefix) & set("{}"):
            raise OptionError("prefix", self.prefix, "a text without braces")
        require_number("patience", self.patience, _LEAST_PATIENCE, _MOST_PATIENCE)
