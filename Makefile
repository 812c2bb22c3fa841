# make         set up .venv from the lock and run everything: derive all
# make test    set up and run the tests
# Another interpreter: make PYTHON=python3.12 (also from the environment).

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCKED := .venv/$(notdir $(PYTHON)).locked
READY := .venv/ready

all: $(READY)
	$(BIN)/derive all

test: $(READY)
	$(BIN)/pytest

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

# The figures that docs/accuracy.md refers to; about twenty minutes.
record: $(READY)
	$(BIN)/derive accuracy --cases 300 > docs/measured/accuracy.txt
	$(BIN)/python -m tests.benchmarks > docs/measured/speed.txt

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# Is everything that derive writes, generated/ and docs/, what it would write now?
fresh: $(READY)
	$(BIN)/derive generate --check

# Newer versions: make lock UV_FLAGS=--upgrade
lock: $(LOCKED)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
		--generate-hashes --custom-compile-command 'make lock' $(UV_FLAGS) \
		--output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# The locked packages, in a new environment; wheels only, as building one would fetch unlocked tools.
$(LOCKED): requirements.lock
	@echo 'Installing the locked packages in .venv'
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install -qq --only-binary :all: --require-hashes --requirement $<
	@touch $@

# The project itself; `pip check` fails if the lock lags behind pyproject.toml (then: make lock).
$(READY): pyproject.toml $(LOCKED)
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

.PHONY: all test bench record lint types fresh lock clean
