# make demo   – the whole way on the embedded company: tickets -> model -> proof -> endpoint
# make test   – all tests
# make help   – every command

PYTHON ?= python3
VENV ?= .venv
TASK ?= task.yaml
PORT ?= 3000
RUN := $(VENV)/bin
export FT_PIPELINE_TASK := $(abspath $(TASK))

.DEFAULT_GOAL := help
.PHONY: help setup demo run dev stop test lint format base-model replay prod-check

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready ## virtual environment with pinned dependencies

$(VENV)/.ready: pyproject.toml constraints.txt deploy/make_venv.sh
	@bash deploy/make_venv.sh $(VENV) $(PYTHON)

demo: setup ## tickets of the embedded company -> fine-tuned, evaluated, deployed model
	@$(RUN)/ft-pipeline serve --detach
	@$(RUN)/python -m ft_pipeline.defs.launch run
	@$(RUN)/ft-pipeline report
	@$(RUN)/ft-pipeline hello

run: setup ## the same for your task: make run TASK=path/to/task.yaml
	@$(RUN)/ft-pipeline serve --detach
	@$(RUN)/python -m ft_pipeline.defs.launch run
	@$(RUN)/ft-pipeline report

dev: setup ## the Dagster UI on the same project (PORT=3000)
	@$(RUN)/python -m ft_pipeline.defs.launch dev --port $(PORT)

stop: setup ## end the gateway
	@$(RUN)/ft-pipeline stop

test: setup ## all tests, with coverage
	@$(RUN)/python -m coverage erase
	@$(RUN)/python -m coverage run -m pytest
	@$(RUN)/python -m coverage combine --quiet
	@$(RUN)/python -m coverage report --fail-under=85

lint: setup ## ruff and mypy
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy

format: setup ## let ruff mend what it can
	@$(RUN)/ruff check --fix-only --quiet .
	@$(RUN)/ruff format --quiet .

base-model: setup ## pre-train the embedded base model anew (hours)
	@$(RUN)/python -m ft_pipeline.demo.pretraining --out ft_pipeline/demo/base_model
