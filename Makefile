.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced

.PHONY: help setup demo dev test check format bench bench-proactive soak clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(STAMP) ## Create .venv with everything Aurora needs, from the lock file

$(STAMP): pyproject.toml uv.lock
	@echo "setup: creating $(VENV) (the first time takes about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || { echo "setup: installing uv"; $(BIN)/python -m pip install --quiet "uv>=0.9"; }
	@echo "setup: installing the locked packages"
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --frozen
	@touch $@

demo: setup ## Start the whole stack and play a short conversation (ONCE=1 exits after it)
	@$(BIN)/aurora demo $(if $(ONCE),--once)

dev: setup ## Start the whole stack and stay up
	@$(BIN)/aurora dev

test: setup ## Run the whole test suite
	@$(BIN)/pytest -n 2 --dist loadscope $(ARGS)

check: setup ## Format, lint, types and import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## Measure the trip of a message, the stack and the broker
	@$(BIN)/python -m infra.bench.trip
	@$(BIN)/python -m infra.bench.stack
	@$(BIN)/python -m infra.bench.qstash

bench-proactive: setup ## Measure the routines of 100,000 organizations, and of a large one (ORGANIZATIONS=100000; minutes)
	@$(BIN)/python -m infra.bench.proactive $(ORGANIZATIONS)
	@$(BIN)/python -m infra.bench.business

soak: setup ## Play thousands of simulated worlds under faults (COUNT=3000 SEED=1)
	@$(BIN)/aurora simulate --seed $(or $(SEED),1) --count $(or $(COUNT),3000) --workers 2 --report

format: setup ## Rewrite the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## Remove the environment and the local stack's state
	rm -rf $(VENV) .aurora
