# Two commands do everything on a fresh machine: `make demo` and `make test`. Both set up what they need.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test test-kill lint format proto schema lock bench wheel clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /: /' | column -t -s:

$(VENV)/ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install Python 3.11 or later, or name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Python 3.11 or later is needed; name one: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv: install it (on Debian: apt-get install python3-venv)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/ready ## install everything that experiments and tests need
	@.ci/install-package stress-ng "the faults cpu, memory and io are refused"
	@.ci/install-package chromium "the tests that look at report.html in a browser are skipped"
	$(BIN)/chaos setup

demo: setup ## run crash-recovery on the reference system and on the real Reseolio, and compare with the known verdicts
	@.ci/demo $(BIN)/chaos

test: setup lint ## set up and run all tests
	@status=0; \
	$(BIN)/pytest -n 2 -m "not alone" || status=$$?; \
	$(BIN)/pytest -m alone || status=$$?; \
	exit $$status

test-kill: setup ## kill runs by force at every step of every fault, and prove that nothing is left
	$(BIN)/pytest tests/killing -m kill

lint: $(VENV)/ready ## check style and types
	$(BIN)/ruff check chaos tests benchmarks
	$(BIN)/ruff format --check chaos tests benchmarks
	$(BIN)/mypy

format: $(VENV)/ready ## format the code
	$(BIN)/ruff format chaos tests benchmarks
	$(BIN)/ruff check --fix chaos tests benchmarks

proto: $(VENV)/ready ## generate the messages of the wire contract again
	$(BIN)/python -m grpc_tools.protoc -I proto --python_out=chaos/wire --pyi_out=chaos/wire proto/reseolio.proto

schema: $(VENV)/ready ## generate the schemas of experiments, gamedays and schedules again
	$(BIN)/chaos schema > experiments/schema.json
	$(BIN)/chaos schema gamedays > experiments/gamedays/schema.json
	$(BIN)/chaos schema schedules > experiments/schedules.schema.json

lock: $(VENV)/ready ## resolve the dependencies again (needs uv on PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --quiet --no-header -o requirements.lock pyproject.toml

bench: setup ## measure what the documentation claims
	@for bench in benchmarks/*.py; do echo "== $$bench"; $(BIN)/python $$bench; done

wheel: $(VENV)/ready ## build the wheel into dist/
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove what the targets above made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
