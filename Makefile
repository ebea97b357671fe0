# Everything a newcomer needs. Each target makes the virtual environment it needs; only Python >= 3.11 and make
# have to be there first.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo serve test test-all check format bench sample constraints clean

demo: .venv/base  ## Transcribe the sample conversation and score it.
	@$(BIN)/python samples/demo.py

serve: .venv/base  ## Start the server on this machine.
	@$(BIN)/audapolis serve

test: .venv/dev  ## The fast tests.
	$(BIN)/python -m pytest -m "not slow and not extra"

test-all: .venv/dev  ## All tests but those that need torch; .ci/extras runs these.
	$(BIN)/python -m pytest -m "not extra"

check: .venv/dev  ## Lint, types, import contract.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy bench samples
	$(BIN)/lint-imports

format: .venv/dev  ## Let ruff tidy up.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev  ## Measure quality and speed; BENCH_ARGS="--manifest FOLDER --sets conv".
	$(BIN)/python -m bench $(BENCH_ARGS)

constraints: .venv/dev  ## Pin every dependency anew.
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --extra dev --no-emit-index-url --no-annotate --no-header \
		pyproject.toml -o constraints.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Audapolis needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

# --no-compile: Python compiles what it uses when it first uses it; installing is faster and the install smaller.
.venv/base: .venv/bin/python pyproject.toml constraints.txt hatch_build.py
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/base
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv .editable output dist
