"""`dedup warm` compiles everything, and says where it went."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dedup
from dedup import jit
from dedup.cli.warm import kernel_modules
from dedup.jit import cache_folder
from dedup.state import open_store

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_no_file_of_kernels_is_left_cold() -> None:
    root = Path(dedup.__file__).parent
    files = [path for path in root.rglob("*.py") if "from dedup.jit import kernel" in path.read_text("utf-8")]
    files.remove(root / "jit.py")
    expected = {".".join(("dedup", *path.relative_to(root).with_suffix("").parts)) for path in files}
    assert expected
    assert expected <= set(kernel_modules())


@pytest.mark.parametrize(("base", "used"), [("absent", True), ("private", True), ("open", False), ("link", False)])
def test_in_a_temporary_folder_kernels_are_kept_where_nobody_else_can_exchange_them(
    tmp_path: Path,
    environment: dict[str, str],
    base: str,
    used: bool,  # noqa: FBT001  (a parameter)
) -> None:
    folder = tmp_path / f"dedup-{os.getuid()}"
    if base == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to("elsewhere")
    elif base != "absent":
        folder.mkdir(mode=0o700)
        folder.chmod(0o777 if base == "open" else 0o700)
    nowhere = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none", "DEDUP_CACHE_DIR": "", "TMPDIR": str(tmp_path)}
    script = "from dedup.jit import cache_folder; print(cache_folder())"
    shown = subprocess.check_output([sys.executable, "-c", script], env=environment | nowhere, text=True)
    assert (Path(shown.strip()).parent == folder) is used
    assert used or shown == "None\n"


def test_it_says_where_the_kernels_are(run: Run) -> None:
    done = run("warm")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("kernels ready in ")
    assert done.stdout.endswith(f" s: {cache_folder()}\n")


def test_what_is_compiled_into_kernels_is_part_of_their_folder_s_name() -> None:
    """A number changed in a file without kernels would leave the old one in machine code that is found again."""
    package = Path(jit.__file__).parent
    sources = {path: path.read_text() for path in package.rglob("*.py")}
    hashed = {path for path, source in sources.items() if jit._MARK.decode() in source} | jit._CONSTANTS
    own = package / "jit.py"
    for path in hashed - {own}:
        for node in ast.walk(ast.parse(sources[path])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dedup."):
                module = package.parent.joinpath(*str(node.module).split("."))
                names = [module.with_suffix(".py"), *(module / f"{alias.name}.py" for alias in node.names)]
                needed = {name for name in names if sources.get(name)} - {own}
                assert needed <= hashed, path


def test_nothing_is_left_to_compile_for_the_first_page(environment: dict[str, str]) -> None:
    script = """
import importlib
from numba.core import event
from dedup.cli.warm import kernel_modules
for name in kernel_modules():
    importlib.import_module(name)
compiled = event.RecordingListener()
with event.install_listener("numba:compile", compiled):
    import dedup
    page = "<h1>One</h1>\\n\\n<p>A sentence that stands here twice.</p>\\n\\n" * 3
    for form in ("html", "text", "markdown"):
        dedup.clean(**{form: page})
    dedup.Fingerprinter().signatures(["a text"])
print(*(record.data for _, record in compiled.buffer))
"""
    late = subprocess.check_output([sys.executable, "-c", script], env=environment, text=True)
    assert late.strip() == ""


@pytest.mark.parametrize(
    "arguments", [["clean", "page.html"], ["archive", "page.html", "-o", "out"], ["sites", "state"]]
)
def test_whoever_waits_for_kernels_is_told_so_without_a_terminal_too(
    tmp_path: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    (tmp_path / "page.html").write_text("<p>One line.")
    open_store(str(tmp_path / "state")).close()
    cold = environment | {"DEDUP_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "dedup", *arguments]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=tmp_path, env=cold
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.kill()  # a minute later it would go on
    assert first.startswith(b"dedup: compiling kernels, which takes up to two minutes")


def test_whoever_waits_is_told_so_where_another_command_has_compiled_some_of_them(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    cold = environment | {"DEDUP_CACHE_DIR": str(tmp_path / "cache")}
    told = """
from dedup.cli.warm import say_that_kernels_compile
say_that_kernels_compile()
import dedup.judge.threshold_kernels
"""
    for told_before in (False, True):
        done = subprocess.run([sys.executable, "-c", told], env=cold, capture_output=True, text=True, check=True)
        assert done.stderr.startswith("dedup: compiling kernels") is not told_before
        assert done.stderr.count("\n") == (not told_before)
    told = told.replace("threshold", "role")
    done = subprocess.run([sys.executable, "-c", told], env=cold, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("dedup: compiling kernels")


def test_nobody_is_told_of_kernels_that_are_compiled(run: Run, news: Path) -> None:
    run("clean", news.name)
    assert run("clean", news.name).stderr == ""
