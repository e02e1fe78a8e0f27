# Keyhole. `make` alone lists what there is. Every target does its own set-up; a second run finds it done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint format dev bench lock clean

REPO ?=
ARGS ?=
BIN := .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## the whole way on a real repository: token, gateway, code scan  [REPO=path] [ARGS=--json]
	@scripts/setup run
	@$(BIN)/keyhole demo $(if $(REPO),"$(REPO)") --keep .keyhole-demo $(ARGS)

test: ## all tests: unit, conventions, stories  [ARGS="-k name"]
	@scripts/setup test
	@$(BIN)/python -m pytest -n logical --dist loadfile --hypothesis-profile=ci -q $(ARGS)

lint: ## ruff, mypy and the layers
	@scripts/setup test --without-system
	@scripts/lint

format: ## rewrite the code as `make lint` wants it
	@scripts/setup test --without-system
	@$(BIN)/ruff check --quiet --fix-only --select I,RUF100 .
	@$(BIN)/ruff format .

dev: ## run Keyhole from this checkout  [ARGS=...]
	@scripts/setup run
	@$(BIN)/keyhole up $(ARGS)

bench: ## the benchmarks whose figures the documents quote  [ARGS=name]
	@scripts/setup test --without-system
	@$(BIN)/python -m benchmarks $(ARGS)

lock: ## resolve the dependencies again and write both lock files
	@scripts/lock

clean: ## remove the environment and everything made by these targets
	rm -rf .venv .venv-lock build dist tests/stories/js/node_modules
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
