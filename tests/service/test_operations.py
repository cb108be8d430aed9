"""What an operator relies on: metrics that move, logs that name the request, settings that are checked at start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dedup.errors import OptionError
from service.settings import Settings

CHOICES = {"durability": "process", "log_format": "json", "log_level": "debug"}
ROOT = Path(__file__).resolve().parents[2]
HTTP = (ROOT / "docs" / "http.md").read_text("utf-8")
PAGE = (
    "<nav><a href=/>Home</a></nav><h1>The pier</h1><p>The pier was closed for the winter, and nobody minded it.</p>"
)


def scrape(url: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as response:
        text = response.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def post(url: str, body: bytes, **headers: str) -> bytes:
    named = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, body, named), timeout=60) as response:
        content: bytes = response.read()
    return content


def test_the_metrics_tell_what_was_done(start: object) -> None:
    url = start(state="memory").url  # type: ignore[operator]
    before = scrape(url)
    for number in range(3):
        post(f"{url}/v1/clean", json.dumps({"html": PAGE, "url": f"https://a.example/{number}"}).encode())
    after = scrape(url)

    def grew(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert grew("dedup_requests_total", route="/v1/clean", method="POST", status="200") == 3
    assert grew("dedup_pages_total", status="ok") == 3
    assert grew("dedup_blocks_total", reason="content") >= 3
    assert grew("dedup_pages_learned_total") == 3
    assert 1 <= grew("dedup_commits_total") <= 3
    assert (after["dedup_sites", ()], after["dedup_pages_known", ()]) == (1, 3)
    assert after["dedup_workers", ()] == 1
    names = {name for name, _ in after}
    for documented in ("dedup_request_seconds_bucket", "dedup_jobs_unanswered", "dedup_pending_bytes"):
        assert documented in names


def test_labels_are_bounded_whatever_is_asked(start: object) -> None:
    """A scanner that tries a million paths must not make a million time series."""
    url = start(state="memory").url  # type: ignore[operator]
    for number in range(20):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{url}/wp-admin/{number}", timeout=30)
    routes = {dict(labels).get("route") for name, labels in scrape(url) if name == "dedup_requests_total"}
    assert routes <= {"other", "/metrics", "/readyz"}


def test_every_metric_is_documented(start: object) -> None:
    url = start(state="memory").url  # type: ignore[operator]
    post(f"{url}/v1/clean", json.dumps({"html": PAGE, "url": "https://a.example/"}).encode())
    for name in {name for name, _ in scrape(url)}:
        plain = name.removesuffix("_created").removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
        assert f"`{plain}`" in HTTP or f"`{plain}_total`" in HTTP, name


def test_logs_in_json_name_the_request(tmp_path: Path) -> None:
    environment = {
        **os.environ, "DEDUP_SERVE_PORT": "0", "DEDUP_SERVE_WORKERS": "1", "DEDUP_SERVE_LOG_FORMAT": "json",
        "DEDUP_SERVE_LOG_LEVEL": "debug",
    }  # fmt: skip
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "service"], stdout=subprocess.PIPE, stderr=file, text=True, env=environment
        )
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            post(f"{url}/v1/clean", json.dumps({"html": PAGE}).encode(), X_Request_Id="mine-7")
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(f"{url}/none%0Aforged")
        finally:
            process.terminate()
            process.communicate(timeout=60)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert any(line["request_id"] == "mine-7" and "/v1/clean 200" in line["message"] for line in lines)
    assert any("/none%0Aforged 404" in line["message"] for line in lines)  # decoded, it would be a line of its own
    ours = {line["logger"].partition(".")[0] for line in lines if line["level"] == "debug"}
    assert ours == {"service"}  # hundreds of lines on the locks of the kernels' cache came before the first request


@pytest.mark.parametrize("setting", Settings.__struct_fields__)
def test_every_setting_is_documented(setting: str) -> None:
    assert f"| `{setting}` |" in HTTP


def others(setting: str) -> list[object]:
    """Three values that a setting takes, none of them its default."""
    default = getattr(Settings(), setting)
    if setting in CHOICES:
        return [CHOICES[setting]] * 3
    if isinstance(default, bool):
        return [True] * 3
    if isinstance(default, int | float):
        return [type(default)(default + more) for more in (1, 2, 3)]
    if setting == "cors":
        return [f"https://{more}.example" for more in (2, 3, 4)]
    return [f"{more}d" if setting == "crawl_retain" else f"127.0.0.{more}" for more in (2, 3, 4)]


@pytest.mark.parametrize("setting", Settings.__struct_fields__)
def test_flags_go_before_the_environment_and_that_before_the_file(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "dedup.toml"
    filed, named, flagged = others(setting)
    file.write_text(f"{setting} = {json.dumps(filed)}\n")
    environment = {f"DEDUP_SERVE_{setting.upper()}": str(named), "DEDUP_SERVE_CONFIG": str(file)}
    assert getattr(Settings.read({}, {}, str(file)), setting) == filed
    assert getattr(Settings.read({"DEDUP_SERVE_CONFIG": str(file)}), setting) == filed
    assert getattr(Settings.read(environment), setting) == named
    assert getattr(Settings.read(environment, {setting: str(flagged)}), setting) == flagged


@pytest.mark.parametrize(
    ("content", "named"),
    [("prot = 1", "prot"), ("port = 'x'", "port"), ("port = ", "config"), ("log_format = 'xml'", "log_format")],
)
def test_a_bad_setting_is_refused_with_its_name(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "dedup.toml"
    file.write_text(content)
    with pytest.raises(OptionError, match=named):
        Settings.read({}, {}, str(file))


def test_check_says_what_is_set_and_starts_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "-m", "dedup", "serve", "--check", "--state", str(state), "--set", "queue=7"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "queue = 7" in done.stdout
    assert done.stdout.splitlines()[-1] == f"ok: no keys, state {state} (would be made)"
    assert not state.exists()
    bad = subprocess.run([*command, "--set", "queue=none"], capture_output=True, text=True, check=False)
    assert bad.returncode == 2
    assert "queue" in bad.stderr


def test_check_refuses_a_state_that_cannot_be_made_and_leaves_nothing_where_it_can(tmp_path: Path) -> None:
    """Root may write to /proc by its permissions, and still cannot."""
    command = [sys.executable, "-m", "dedup", "serve", "--check", "--state"]
    refused = subprocess.run([*command, "/proc/dedup-state"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "/proc cannot be written" in refused.stderr
    assert "Traceback" not in refused.stderr
    subprocess.run([*command, str(tmp_path / "state")], capture_output=True, text=True, check=True)
    assert list(tmp_path.iterdir()) == []


def test_pages_of_allowed_origins_may_read_answers_and_no_others(start: object) -> None:
    url = start(cors="https://first.example, https://tool.example").url  # type: ignore[operator]

    def allowed(origin: str, method: str) -> str | None:
        request = urllib.request.Request(f"{url}/livez", headers={"Origin": origin}, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            found: str | None = response.headers.get("Access-Control-Allow-Origin")
        return found

    assert allowed("https://tool.example", "GET") == "https://tool.example"
    assert allowed("https://tool.example", "OPTIONS") == "https://tool.example"
    assert allowed("https://other.example", "GET") is None
    url = start().url  # type: ignore[operator]
    assert allowed("https://tool.example", "GET") is None  # off unless set


@pytest.mark.parametrize("cors", ["tool.example", "https://tool.example/", "https://a.example, https://b.example/x"])
def test_an_origin_that_no_browser_sends_is_refused_at_start(cors: str) -> None:
    """Its pages would be kept out, and nothing would say why."""
    with pytest.raises(OptionError, match="cors: expected an origin as browsers send it"):
        Settings(cors=cors)


def test_a_cache_tells_origins_apart_and_scripts_of_allowed_ones_see_when_to_come_again(start: object) -> None:
    url = start(cors="https://tool.example").url  # type: ignore[operator]

    def headers(origin: str | None) -> tuple[str | None, str | None]:
        request = urllib.request.Request(f"{url}/livez", headers={"Origin": origin} if origin else {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers.get("Vary"), answer.headers.get("Access-Control-Expose-Headers")

    assert headers("https://tool.example") == ("Origin", "Retry-After, Server-Timing, X-Request-Id")
    assert headers("https://other.example") == ("Origin", None)
    assert headers(None) == ("Origin", None)
    url = start().url  # type: ignore[operator]
    assert headers("https://tool.example") == (None, None)


@pytest.mark.parametrize("path", ["/v1/clean", "/v1/clean/stream"])
def test_pages_of_allowed_origins_may_compress_and_stream_and_caches_know_what_answers_depend_on(
    start: object, path: str
) -> None:
    url = start(cors="https://tool.example").url + path  # type: ignore[operator]
    headers = {"Origin": "https://tool.example"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="OPTIONS"), timeout=30) as told:
        assert "Content-Encoding" in told.headers["Access-Control-Allow-Headers"].split(", ")
    headers["Content-Type"] = "application/json" if path == "/v1/clean" else "application/x-ndjson"
    body = json.dumps({"html": PAGE * 20, "detail": "blocks"}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["https://tool.example"]
        assert set(answer.headers["Vary"].split(", ")) == {"Origin", "Accept-Encoding"}
