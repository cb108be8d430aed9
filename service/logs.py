"""Logs on standard error, as text or as a JSON object a line, each with the id of the request it is about."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

REQUEST: ContextVar[str | None] = ContextVar("request_id", default=None)

_OURS = ("dedup", "service")
_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s%(request)s"


class _WithRequest(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        request_id = REQUEST.get()
        record.__dict__ |= {"request_id": request_id, "request": f" [{request_id}]" if request_id else ""}
        return True


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", None),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, style: str) -> None:
    """Send logs of a level and above to standard error; of libraries none below `info`, since they name no request.

    Args:
        level: such as `info`.
        style: `text` or `json`.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_WithRequest())
    handler.setFormatter(_JsonFormatter() if style == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler], level=max(logging.getLevelName(level.upper()), logging.INFO), force=True)
    for package in _OURS:
        logging.getLogger(package).setLevel(level.upper())
