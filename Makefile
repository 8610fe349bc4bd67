# make night   a night on the sample inbox, reports to open     make test   the whole suite
# Both do everything from a fresh clone: Debian with python3 (3.11) and python3-venv is enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/installed-runtime
DEV := $(VENV)/installed-dev
INBOX ?= data_samples/inbox
WORKSPACE ?= workspace
SETTINGS ?= data_samples/settings.yaml
AS_OF ?= 2026-11-22
WORKERS ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: help night test gates lint sample catalogue spark lock browser clean

help:
	@echo "make night    run a night on $(INBOX) and say where the reports are"
	@echo "make test     install what the tests need, check style, layers and run the suite"
	@echo "make gates    are the promises of docs/gates.md kept? (LONG=1: also the runs of hours)"
	@echo "make lint     style and layers only"
	@echo "make sample   write a larger generated inbox to $(WORKSPACE)/inbox (SCALE=0.2 SEED=1)"
	@echo "make catalogue  write docs/detectors/ anew from the rules and their cases"
	@echo "make spark    install Spark (needs Java 17) and run every rule's cases on it too"
	@echo "make clean    remove $(VENV) and caches; $(WORKSPACE) is yours to remove"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Avvik needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "python3-venv is missing: apt-get install python3-venv"; exit 2; }

# Stamp files: the second run finds nothing to do and starts at once.
$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Avvik needs into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $(RUNTIME) $@

# Exit code 1 means: done, but a source was refused; the summary above says which.
night: $(RUNTIME)
	@code=0; $(BIN)/avvik night --inbox $(INBOX) --workspace $(WORKSPACE) --settings $(SETTINGS) \
	  --as-of $(AS_OF) || code=$$?; \
	if [ $$code -le 1 ]; then echo; echo "Start here: $(abspath $(WORKSPACE))/latest/reports/index.html"; fi; \
	exit $$code

test: $(DEV) browser lint
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

gates: $(DEV) browser
	@$(BIN)/python -m tests.gates --workers $(WORKERS) $(if $(LONG),--long)

lint: $(DEV)
	@$(BIN)/ruff check .
	@PYTHONPATH=. $(BIN)/lint-imports

browser:
	@.ci/chromium

sample: $(RUNTIME)
	@$(BIN)/avvik sample --out $(WORKSPACE)/inbox --scale $(or $(SCALE),0.2) --seed $(or $(SEED),1)

catalogue: $(DEV)
	@$(BIN)/python -m docs.make_catalogue

# An extra of some 400 MB that nothing else needs, so it is not in the lock files.
spark: $(DEV)
	@$(PIP) install -e ".[spark]" --no-build-isolation --config-settings editable_mode=compat
	@$(BIN)/python -m pytest -m spark -n $(WORKERS) tests/detectors/test_spark.py

# Needs uv on the PATH (a developer's tool, not needed to run anything).
lock:
	@for target in requirements.lock requirements-dev.lock; do \
	  extra=""; [ $$target = requirements-dev.lock ] && extra="--extra dev --constraint requirements.lock"; \
	  uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate $$extra pyproject.toml <(printf 'setuptools\nwheel\n') -o $$target; \
	  sed -i '1i # Exact versions and hashes of everything that is installed; made by `make lock`, not edited by hand.' $$target; \
	done
	@echo "Now install what is locked, and write the list of parts anew: $(BIN)/python -m docs.make_sbom"

clean:
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache build *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
