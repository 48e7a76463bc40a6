# Two commands: `make run` and `make test`. Everything is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
PORT ?= 8000
BIN = .venv/bin
BENCH = .venv-bench/bin
export PORT

.DEFAULT_GOAL := help
.PHONY: help setup run test test-faults test-gpu bench-gpu lint fix types migrations-check check fuzz bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

.venv/.run: requirements.txt
	@echo "Installing packages into .venv (the first time takes a few minutes) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	@echo "Installing what the tests need …"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -r requirements-dev.txt
	@touch $@

setup: .venv/.dev ## Install everything

run: .venv/.run ## Start emochat at http://127.0.0.1:8000 (PORT= moves it)
	@exec $(BIN)/python manage.py serve --prepare

test: .venv/.dev ## Run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-faults: .venv/.dev ## Kill the web process and the helper, 50 times each
	@$(BIN)/python -m tests.faults.kill9 --repeats 50

test-gpu: .venv/.dev ## Test what needs a CUDA device
	@$(BIN)/python -m pytest -m gpu tests/gpu -p no:randomly

bench-gpu: .venv/.dev ## Measure on a CUDA device, beside transformers
	@$(BIN)/python -m benchmarks.gpu

lint: .venv/.dev ## ruff, mypy, missing migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run

fix: .venv/.dev ## Format, and mend what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.venv-bench/.peers: requirements-bench.txt
	@echo "Installing the peers into .venv-bench (about 2 GB) …"
	@test -x $(BENCH)/python || $(PYTHON) -m venv .venv-bench
	@$(BENCH)/pip install --disable-pip-version-check -r requirements-bench.txt \
	  || grep -v '^#' requirements-bench.txt | while read -r line; do \
	    $(BENCH)/pip install --disable-pip-version-check "$$line" \
	      || echo "$$line cannot be installed: its peer is not measured"; done
	@touch $@

bench: .venv/.dev .venv-bench/.peers ## Measure beside peers (QUICK=1: try it out)
	@$(BENCH)/python -m benchmarks.engine $(if $(QUICK),--quick)
	@$(BIN)/python -m benchmarks.product $(if $(QUICK),--quick)
	@$(BIN)/python -m benchmarks.growth $(if $(QUICK),--quick)
	@$(BIN)/python -m benchmarks.explanations $(if $(QUICK),--quick)

fuzz: .venv/.dev ## schemathesis as two people, in full (ARGS="--seconds 3600")
	@$(BIN)/python -m tests.api.fuzz $(ARGS)

clean: ## Remove the environment and all data of this clone
	rm -rf .venv .venv-bench var
