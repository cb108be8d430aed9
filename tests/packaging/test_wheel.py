"""What the wheel holds is what a user gets."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_string
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("dedup", "service")
NEWER = {"compression"}  # of the standard library from Python 3.14 on; imported only there


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_every_file_of_the_packages_and_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in OURS
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == ours
    assert {f"{package}/py.typed" for package in OURS} <= packed


def test_the_licence_and_the_readme_travel_along(wheel: zipfile.ZipFile) -> None:
    (licence,) = (name for name in wheel.namelist() if name.endswith("licenses/LICENSE"))
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    described = message_from_string(wheel.read(metadata).decode())
    assert described["License-Expression"] == "Apache-2.0"
    assert described["Requires-Python"] == ">=3.11"
    assert (ROOT / "README.md").read_text("utf-8").strip() == str(described.get_payload()).strip()


def test_whatever_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    requirements = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    declared = {_normal(requirement) for requirement in requirements}
    distributions = packages_distributions()
    for module in _imported() - set(sys.stdlib_module_names) - NEWER - set(OURS):
        providers = {_normal(name) for name in distributions.get(module, [module])}
        assert providers & declared, f"{module} is imported, but none of {providers} is a dependency"


def _imported() -> set[str]:
    modules: set[str] = set()
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module.partition(".")[0])
    return modules


def _normal(requirement: str) -> str:
    name = requirement
    for end in "<>=!~[; ":
        name = name.partition(end)[0]
    return name.lower().replace("_", "-").replace(".", "-")
