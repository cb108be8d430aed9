"""`python -m service` runs the service with settings from the environment; `dedup serve` takes flags too."""

from __future__ import annotations

import os
import sys

from dedup.errors import DedupError
from service.app import serve
from service.settings import Settings

try:
    sys.exit(serve(Settings.read(os.environ)))
except DedupError as error:
    sys.exit(f"error: {error}")
