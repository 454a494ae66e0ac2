# Everything here sets up what it needs on a machine with nothing but Python 3.11 or newer
# (with venv) and make. `make demo` and `make test` are all that a newcomer needs.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test nightly check lint types contracts catalogues bench bench-delivery bench-feeds lock \
  migration docs clean

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-bench
STAMPS := .make

# The first of these that runs and is new enough; PYTHON=… overrides.
FIND_PYTHON = for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  if [ -n "$$python" ] && "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	    >/dev/null 2>&1; then echo "$$python"; exit 0; fi; done; \
	echo "Python 3.11 or newer with venv is needed (Debian: apt install python3-venv)." >&2; exit 1
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

demo: $(STAMPS)/run  ## the whole bot on this machine, with a page to chat in; no Telegram needed
	@$(BIN)/python -m bot demo $(if $(FEEDS),--feeds "$(FEEDS)") $(if $(PORT),--port "$(PORT)") \
	  $(if $(POSTGRES),--postgres "$(POSTGRES)")

test: $(STAMPS)/dev  ## every test this machine can run; says what it skips and why
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

nightly: $(STAMPS)/dev  ## kill -9 a thousand times over 100,000 deliveries, 10,000 mutated feeds, the long state machines; KILLS=… DELIVERIES=… for less
	@TOCSIN_KILLS=$(or $(KILLS),1000) TOCSIN_DELIVERIES=$(or $(DELIVERIES),100000) \
	  $(BIN)/python -m pytest -s tests/crash/test_kill_walk.py $(ARGS)
	@TOCSIN_NIGHTLY=1 $(BIN)/python -m pytest tests/feeds/test_feed_hostile.py \
	  tests/delivery/test_machine.py tests/delivery/test_recall_property.py tests/delivery/test_soak.py

check: lint types contracts catalogues test  ## everything that must hold before a change is pushed

lint: $(STAMPS)/dev
	@$(BIN)/ruff format --check --quiet . || { echo 'Run `$(BIN)/ruff format`.'; exit 1; }
	@$(BIN)/ruff check --quiet .

types: $(STAMPS)/dev
	@$(BIN)/mypy --strict

contracts: $(STAMPS)/dev
	@$(BIN)/lint-imports --no-logo

catalogues: $(STAMPS)/dev
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/architecture/test_catalogues.py

bench: $(STAMPS)/dev  ## every figure the documents state, measured here
	@for one in benchmarks/[a-z]*.py; do echo "== $$one"; $(BIN)/python -m "benchmarks.$$(basename $$one .py)" || exit 1; done

bench-delivery: $(STAMPS)/bench  ## delivery measured beside others: PART=speed, pace, walk or lanes; all by default
	@$(PEERS)/bin/python -m benchmarks.delivery $(or $(PART),all)

bench-feeds: $(STAMPS)/bench  ## reading feeds measured beside others: PART=… for one; all by default
	@$(PEERS)/bin/python -m benchmarks.feeds $(or $(PART),all)

lock: $(STAMPS)/dev  ## compile requirements/*.txt anew from pyproject.toml
	@set -e; compile() { $(BIN)/uv pip compile pyproject.toml "$$@" --quiet --upgrade --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	    --custom-compile-command 'make lock'; }; \
	  compile $(RUN_GROUPS) --output-file requirements/run.txt; \
	  compile $(DEV_GROUPS) --output-file requirements/dev.txt; \
	  compile $(BENCH_GROUPS) --output-file requirements/bench.txt

RUN_GROUPS := --group build
DEV_GROUPS := --group dev
BENCH_GROUPS := --group bench

migration: $(STAMPS)/dev  ## write the next step of the schema: make migration m="what changes"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="add polls"'; exit 2; }
	@$(BIN)/python -m storage.migrations.draft $(if $(anew),--anew) "$(m)"

docs: $(STAMPS)/dev  ## print what is generated from the code: config.example.toml, docs/configuration.md
	@$(BIN)/python -m bot example-config > config.example.toml
	@$(BIN)/python -m bot example-config --format markdown > docs/configuration.md

clean:  ## remove everything that was installed or built; never data, keys or configuration
	rm -rf $(VENV) $(PEERS) $(STAMPS) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python="$$($(FIND_PYTHON))" || exit 1; \
	  echo "Setting up $(VENV) with $$("$$python" --version) ..."; "$$python" -m venv $(VENV)

# One virtual environment for both: the tools for development are added to what runs.
$(STAMPS)/run: requirements/run.txt pyproject.toml | $(BIN)/python
	@$(call install,requirements/run.txt)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@$(call install,requirements/dev.txt)
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/run

# What the benchmark compares with never gets into the environment of the program itself.
$(STAMPS)/bench: requirements/bench.txt
	@python="$$($(FIND_PYTHON))" || exit 1; echo "Setting up $(PEERS) with what requirements/bench.txt names ..."; \
	  "$$python" -m venv $(PEERS) && \
	  $(PEERS)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements/bench.txt
	@mkdir -p $(STAMPS) && touch $@

# What is installed already is not downloaded again, so this also works without a network then.
define install
	echo "Installing what $(1) names (a minute or two the first time) ..."; \
	$(PIP) install --require-hashes -r $(1) && \
	$(PIP) install --no-deps --no-build-isolation --no-index --editable .
endef
