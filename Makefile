# Every target makes and fills .venv by itself; all it needs is Python 3.11 or newer, and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test check nightly bench docs

demo: .venv/core  ## pretrain on small digits, evaluate, write a report: a few minutes
	$(BIN)/lookalike pretrain simclr-digits --out runs/digits
	$(BIN)/lookalike evaluate runs/digits prototypes

test: .venv/dev  ## the tests of every commit; one that hangs ends, and tells where it was
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
		--override-ini faulthandler_timeout=600 --override-ini faulthandler_exit_on_timeout=true

check: .venv/dev  ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

nightly: .venv/dev  ## the slower proofs
	$(BIN)/pytest -m nightly

bench: .venv/bench  ## speed and memory beside other libraries', as ratios: twenty minutes
	$(BIN)/python benchmarks/views.py
	$(BIN)/python benchmarks/losses.py
	$(BIN)/python benchmarks/throughput.py --case resnet20
	$(BIN)/python benchmarks/throughput.py --case resnet18
	$(BIN)/python benchmarks/throughput.py --case photos

docs: .venv/docs  ## the site, in build/docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs

.venv/core: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) .
	@touch $@

.venv/dev: .venv/core
	$(INSTALL) '.[dev]'
	@touch $@

.venv/bench: .venv/core
	$(INSTALL) '.[bench,parquet]'
	@touch $@

.venv/docs: .venv/core
	$(INSTALL) '.[docs]'
	@touch $@
