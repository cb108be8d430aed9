"""What handlers find in the application and in a request."""

from __future__ import annotations

from aiohttp import web

from service.auth import Access, Keys
from service.lifecycle import Lifecycle
from service.limits import ByteBudget, Places
from service.memory import Memory
from service.metrics import Metrics
from service.settings import Settings
from service.unsent import Unsent
from service.workers import Workers

SETTINGS = web.AppKey("settings", Settings)
WORKERS = web.AppKey("workers", Workers)
LIFECYCLE = web.AppKey("lifecycle", Lifecycle)
MEMORY = web.AppKey[Memory | None]("memory")
BUDGET = web.AppKey("budget", ByteBudget)
UNSENT = web.AppKey("unsent", Unsent)
PLACES = web.AppKey("places", Places)
KEYS = web.AppKey("keys", Keys)
METRICS = web.AppKey("metrics", Metrics)
ACCESS = web.RequestKey("access", Access)
REQUEST_ID = web.RequestKey("request_id", str)
