# Two commands do all the set-up on a machine with Python 3.11 and make:
#
#   make serve    install, compile the kernels, start the service, print a curl line that cleans an example
#   make test     install, compile the kernels, run the tests
#
# Both use the built wheel, as a user would; `make lint` checks style and types.

PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8080
PYTEST_ARGS ?=

bin := $(VENV)/bin
pip := $(bin)/python -m pip --disable-pip-version-check --quiet
sources := pyproject.toml README.md LICENSE $(shell find dedup service -name __pycache__ -prune -o -print)

.PHONY: serve test lint
.DELETE_ON_ERROR:

serve: $(VENV)/.installed
	$(bin)/dedup warm
	$(bin)/dedup serve --host $(HOST) --port $(PORT) --try examples/harbour-bridge.html

# Safe path: neither pytest nor a process it starts finds the source tree in the working directory. Kernels are compiled
# first: a test that started a cold process would wait for them, and no test should take that long.
test: $(VENV)/.installed $(VENV)/.test
	$(bin)/dedup warm
	PYTHONSAFEPATH=1 $(bin)/pytest --installed -n auto $(PYTEST_ARGS)

lint: $(VENV)/.installed $(VENV)/.test $(VENV)/.lint
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy

# pip knows dependency groups from 25.1 on.
$(VENV)/.pip:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("dedup needs Python 3.11 or later: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(pip) install --upgrade 'pip>=25.1'
	touch $@

# The second install replaces an older wheel of the same version.
$(VENV)/.installed: $(VENV)/.pip $(sources)
	rm -rf $(VENV)/wheel
	$(pip) wheel --no-deps --wheel-dir $(VENV)/wheel .
	$(pip) install $(VENV)/wheel/*.whl
	$(pip) install --no-deps --force-reinstall $(VENV)/wheel/*.whl
	touch $@

$(VENV)/.test $(VENV)/.lint: $(VENV)/.%: $(VENV)/.pip pyproject.toml
	$(pip) install --group $*
	touch $@
