# make demo | make test | make test-slow | make bench | make clean
# Needs make, git and a Python of 3.11 to 3.13 with its venv module; nothing else is installed outside .venv.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)

.PHONY: demo test test-slow bench docs lint clean install install-dev

demo: install
	@$(BIN)/refalt demo

test: lint
	@$(BIN)/python -m pytest -n auto

test-slow: install-dev
	@$(BIN)/python -m pytest -n auto -m slow

lint: install-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

bench: install-dev
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

docs: install-dev
	@$(BIN)/python scripts/make_docs.py

install: $(STAMPS)/product
install-dev: $(STAMPS)/dev

$(STAMPS)/product: pyproject.toml constraints.txt | $(STAMPS)
	@echo "installing refalt into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(STAMPS)/dev: pyproject.toml constraints.txt | $(STAMPS)
	@echo "installing refalt and its development tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(STAMPS)/product

$(STAMPS):
	@test -n "$(PYTHON)" || { echo "refalt needs Python 3.11, 3.12 or 3.13, and none was found on the PATH."; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make a virtual environment; install its venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@mkdir -p $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis runs demo
