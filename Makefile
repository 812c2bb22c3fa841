# make         set up .venv from the lock and run everything: derive all
# make test    set up and run the tests, or some: make test TESTS=tests/test_cli.py
# Another interpreter: make PYTHON=python3.12 (also from the environment).

PYTHON ?= python3
VENV := .venv
LOCK := requirements.lock
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCKED := $(VENV)/$(notdir $(PYTHON)).locked
READY := $(VENV)/ready
WHEEL := .venv-wheel
QUICK := cli curve_law docs elimination layered nlrmt packaging potential readme reference simulation

all: $(READY)
	$(BIN)/derive all

test: $(READY)
	$(BIN)/pytest $(TESTS)

# How much of the runtime and of the generated modules the tests next to them reach.
coverage: $(READY)
	$(BIN)/pytest tests/test_curve_law.py tests/test_scale.py tests/test_runtime.py --cov

# Quick tests at the lower bounds of pyproject.toml, by the oldest Python: its wheels are locked.
lowest:
	$(MAKE) test VENV=.venv-lowest LOCK=requirements-lowest.lock TESTS='$(QUICK:%=tests/test_%.py)'

# Does the wheel bring NumPy alone, and is that enough? pip sees nothing but these two.
wheel: $(READY)
	@rm -rf $(WHEEL)
	@$(BIN)/python -m venv --without-pip $(WHEEL)
	@$(BIN)/hatchling build --target wheel --directory $(WHEEL)
	@sed -n '/^numpy==/,/# via/p' $(LOCK) > $(WHEEL)/numpy.lock
	@$(PIP) download -qq --only-binary :all: --require-hashes --no-deps --dest $(WHEEL) \
		--requirement $(WHEEL)/numpy.lock
	@$(PIP) --python $(WHEEL) install -qq --no-index --find-links $(WHEEL) nlrmt
	$(WHEEL)/bin/python -I tests/fresh_install.py

# The site, in docs/_build/html; every warning is an error.
docs: $(READY)
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build/html

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

# The figures that docs/accuracy.md and docstrings quote; about ten minutes.
record: $(READY)
	for law in marchenko_pastur product_wishart random_features; do \
		$(BIN)/derive accuracy $$law --cases 1000; done > docs/measured/accuracy.txt
	$(BIN)/derive accuracy conjugate_kernel --cases 25 >> docs/measured/accuracy.txt
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
COMPILE = $(BIN)/uv pip compile --quiet --python-version 3.11 --all-extras --generate-hashes \
	--custom-compile-command 'make lock' $(UV_FLAGS) pyproject.toml --output-file
lock: $(LOCKED)
	$(COMPILE) requirements.lock --universal
	$(COMPILE) requirements-lowest.lock --resolution lowest-direct

clean:
	rm -rf .venv* .mypy_cache .pytest_cache .ruff_cache .coverage dist docs/_build
	find . -name __pycache__ -prune -exec rm -rf {} +

# The locked packages, in a new environment; wheels only, as building one would fetch unlocked tools.
$(LOCKED): $(LOCK)
	@echo 'Installing the locked packages in $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install -qq --only-binary :all: --require-hashes --requirement $<
	@touch $@

# The project itself, from nothing but what is there: this fails if the lock lags behind
# pyproject.toml (then: make lock).
$(READY): pyproject.toml derive/__init__.py $(LOCKED)
	@$(PIP) install -qq --no-index --no-build-isolation --editable '.[dev]'
	@touch $@

.PHONY: all test coverage lowest wheel docs bench record lint types fresh lock clean
