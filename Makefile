# Two commands do everything: `make demo` and `make test`. Each sets up .venv if that is needed.
PYTHON ?= python3
BIN := .venv/bin
REPORT := demo-report

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check benchmark clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready ## make .venv with dlcnn and what its tests need

.venv/.ready: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: dlcnn needs Python 3.11 or newer. Received $$($(PYTHON) --version). Run: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: .venv/.ready ## grade five example submissions, train a network, explain it, and leave pages
	$(BIN)/dlcnn grade conv_step_by_step examples/submissions --html $(REPORT) --json $(REPORT)/report.json --require-isolation process
	$(BIN)/dlcnn train --model convolutional_model --data signs --epochs 100 --run $(REPORT)/signs
	$(BIN)/dlcnn look $(REPORT)/signs --also kernels activations class_models judgement --out $(REPORT)/look
	@echo "The pages: $(REPORT)/index.html, $(REPORT)/signs/README.md and $(REPORT)/look/index.html"

test: .venv/.ready ## run the tests, two files at a time (a quarter of an hour at most on two cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not slow'

test-all: .venv/.ready ## run the slow grids too
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/.ready ## lint, types, floors, and the course itself
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dlcnn course check

benchmark: .venv/.ready ## measure grading beside the plain way
	$(BIN)/python benchmarks/grading.py

clean: ## remove what the commands above made
	rm -rf .venv $(REPORT) build dist
