# Everything runs in .venv, which the first target makes from the locks; nothing is installed outside it.
# Needs python3 (3.11 or newer), make and a package index.

PYTHON ?= python3
JOBS ?= auto
UV := uv==0.13.9

VENV := .venv
BIN := $(VENV)/bin
ROOMS := core crawler nlp index alerts response api dashboard app
# Folders are named too: their time changes when a file is removed.
SOURCES := $(shell find $(ROOMS) -name __pycache__ -prune -o -print) pyproject.toml README.md LICENSE
CODE_AND_TESTS := $(ROOMS) tests

# uv does not read pip's settings: a mirror set for pip is passed on.
INSTALL = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null)}}" \
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
SERVERS := $(BIN)/python -m tests.servers

.DEFAULT_GOAL := help
.PHONY: help demo serve test e2e proof bench check format test-elasticsearch test-postgresql lock clean

help:  ## this list
	@echo "make TARGET [PYTHON=python3.13] [ARGS='...' for the command behind the target] [JOBS=2 test processes]"
	@awk 'BEGIN { FS = ":.*## " } \
		/^#= / { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' Makefile

#= Use
demo: $(VENV)/installed  ## a brand crisis caught, on sample sites of its own (first alert within a minute)
	$(BIN)/tingfeng demo $(ARGS)

serve: $(VENV)/installed  ## the product: collection, analysis, alerts, API and pages
	$(BIN)/tingfeng serve $(ARGS)

#= Test
test: $(VENV)/tested  ## unit and integration tests
	$(BIN)/pytest tests/unit tests/integration -n $(JOBS) $(ARGS)

e2e: $(VENV)/tested  ## through the doors: command line, API, Chromium; and three kills
	$(BIN)/pytest tests/e2e tests/faults -n $(JOBS) $(ARGS)

proof: $(VENV)/tested  ## the faults layer in full: every kill and outage, with counts
	TINGFENG_TEST_PROOF=1 $(BIN)/pytest tests/faults $(ARGS)

bench: $(VENV)/tested  ## speed of index, analysis, extraction, dates and crawling, and accuracy on TINGFENG_BENCH_DATA
	$(BIN)/python -m tests.bench.index $(ARGS)
	$(BIN)/python -m tests.bench.nlp
	$(BIN)/python -m tests.bench.dates
	$(BIN)/python -m tests.bench.extraction
	$(BIN)/python -m tests.bench.crawl

test-elasticsearch: $(VENV)/tested  ## the external tests on an Elasticsearch started for them (needs Java, Maven)
	$(SERVERS) --elasticsearch -- $(BIN)/pytest tests/integration -m external $(ARGS)

test-postgresql: $(VENV)/tested  ## the external tests on a PostgreSQL started for them (needs Debian's package)
	$(SERVERS) --postgresql -- $(BIN)/pytest tests/integration -m external $(ARGS)

test-wordpress: $(VENV)/tested  ## the external tests on a WordPress started for them (needs Debian's packages)
	$(SERVERS) --wordpress -- $(BIN)/pytest tests/integration -m external $(ARGS)

#= Change
check: $(VENV)/tested  ## format, lint, types, import contracts, docs tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/pytest -q $(wildcard tests/unit/test_house.py tests/unit/test_docs.py)

format: $(VENV)/tested  ## write the code as `make check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/uv  ## refresh both locks to the newest releases that pyproject.toml allows
	$(COMPILE) --upgrade --group build pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --group dev --constraints requirements.lock -o requirements-dev.lock

clean:  ## remove the environment and what the tools left
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(ROOMS) tests -name __pycache__ -prune -exec rm -rf {} +

# The files below are made when a step is done, so that the next run starts at once.

$(VENV)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "缺少 Python 的 venv，请先运行 / Python's venv is missing; run this first (Debian, Ubuntu):" >&2; \
		$(PYTHON) -c 'import sys; print("    sudo apt install python%d.%d-venv" % sys.version_info[:2])' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@touch $@

$(VENV)/locked: $(VENV)/uv requirements.lock
	$(INSTALL) --require-hashes --requirements requirements.lock
	@touch $@

$(VENV)/installed: $(VENV)/locked $(SOURCES)
	$(INSTALL) --no-deps --no-build-isolation --reinstall-package tingfeng .
	@touch $@

$(VENV)/tested: $(VENV)/installed requirements-dev.lock
	$(INSTALL) --require-hashes --requirements requirements-dev.lock
	@touch $@
