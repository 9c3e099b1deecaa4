# Everything sets itself up: a machine needs Python 3.11 or newer and make.
# `make PYTHON=python3.12 demo` takes another interpreter than `python3`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/installed
BASELINES := .venv-baselines
DEMO := .demo
SPARK35 := .venv-spark35
TERRAFORM := .venv-terraform
AIRFLOW := .venv-airflow
AIRFLOW210 := .venv-airflow210
# Whose DAGs `make airflow` loads: local, or yandex for the cloud's too.
TARGET ?= local
# Test files at a time, each with services of its own; those that time what happens run alone.
JOBS ?= 2
# What managed clusters offer; PySpark 3.5 knows no newer Python than 3.11.
PYTHON35 ?= $(shell for python in python3.10 python3.11 $(RUN); do \
  $$python -c '' 2> /dev/null && echo $$python && break; done)
LEFTOVERS := $(DEMO) .sandbox .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

.PHONY: help setup demo test test-faults test-spark35 test-dags terraform-tools check up down mlflow airflow \
  clean jars baselines airflow-env wheel cloud-up cloud-upload cloud-run cloud-inventory cloud-mlflow cloud-down \
  cloud-verify kanban homework test-cloud test-all

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: $(INSTALLED) ## virtual environment with all packages in .venv (1.5 GB)

demo: setup jars $(DEMO)/artifact/manifest.json ## transactions through a real Kafka and both engines, measured: verdicts and a report
	@set -e; if ! $(RUN) -m sandbox status > /dev/null 2>&1; then \
	  $(RUN) -m sandbox up; trap '$(RUN) -m sandbox down' EXIT; \
	fi; \
	variables=$$($(RUN) -m sandbox env); eval "$$variables"; \
	$(VENV)/bin/streamgauge run benchmarks/plans/smoke.yaml \
	  --artifact $(DEMO)/artifact --transactions $(DEMO)/transactions

test: setup check jars baselines terraform-tools airflow-env ## style, types and imports, then every test (starts its own broker)
	@$(RUN) -m pytest -n $(JOBS) --dist loadfile -m 'not alone and not slow_fault and not slow_dag and not slow_cloud'
	@$(RUN) -m pytest -m 'alone and not slow_fault and not slow_dag and not slow_cloud'

test-faults: setup jars ## the faults that take more than a minute each, and all of faust-tuned's
	@$(RUN) -m pytest -n $(JOBS) --dist load -m slow_fault

test-spark35: setup jars $(SPARK35)/installed ## the submitted job on a Spark 3.5 cluster of its own (400 MB, 4 minutes)
	@$(RUN) -m sandbox jars spark35 > /dev/null
	@SPARK35_PYTHON=$(CURDIR)/$(SPARK35)/bin/python $(RUN) -m pytest tests/spark35

test-dags: setup jars airflow-env $(AIRFLOW210)/installed $(SPARK35)/installed ## the DAGs on Airflow 2.10 and 3, and runs with both engines, also on a double of the cloud (1.3 GB more, half an hour)
	@$(RUN) -m sandbox jars spark35 > /dev/null
	@SPARK35_PYTHON=$(CURDIR)/$(SPARK35)/bin/python $(RUN) -m pytest -n $(JOBS) --dist loadgroup tests/dags

test-cloud: setup terraform-tools ## what hosts of the cloud install, installed and started here (1.5 GB for a while)
	@$(RUN) -m pytest -m slow_cloud

test-all: setup ## every target, each in a fresh clone: a table of results; ONLY='check demo' some of them, RESUME=1 goes on
	@$(RUN) -m scripts.every_target $(foreach target,$(ONLY),--only $(target)) $(if $(RESUME),--resume)

check: setup ## ruff, mypy and import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --python-version 3.10 fraud_core spark_scorer dags/fraud_cloud
	$(VENV)/bin/lint-imports --no-logo

up: setup ## start the Kafka broker of this machine at 127.0.0.1:19092
	@$(RUN) -m sandbox up

down: setup ## stop it; its data stays
	@$(RUN) -m sandbox down

mlflow: setup ## start the MLflow server of this machine and print its address
	@$(RUN) -m sandbox up mlflow

airflow: setup jars airflow-env $(DEMO)/artifact/manifest.json ## Airflow with the DAG that compares the engines, until Ctrl-C; TARGET=yandex: the cloud's too
	@$(RUN) -m sandbox airflow --target $(TARGET)

clean: ## stop the broker, MLflow and what it stands on, remove demo, broker data and caches; keeps .venv and benchmarks/results
	@if [ -x $(RUN) ] && [ -e .sandbox/kafka/process.json ]; then $(RUN) -m sandbox down; fi
	@for service in mlflow postgresql s3; do \
	  if [ -x $(RUN) ] && [ -e .sandbox/$$service/process.json ]; then $(RUN) -m sandbox down $$service; fi; \
	done
	@echo "removing $(LEFTOVERS) and __pycache__"
	@rm -rf $(LEFTOVERS)
	@find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +
	@echo "kept: .venv, $(SPARK35), $(TERRAFORM), $(AIRFLOW), $(AIRFLOW210), benchmarks/results and the downloaded jars ($${SANDBOX_CACHE:-~/.cache/streamgauge})"

baselines: $(BASELINES)/installed ## environment of the baseline on quixstreams in .venv-baselines (0.4 GB)

$(BASELINES)/installed: requirements/baselines.txt | setup
	@echo "setup: the baseline's environment in $(BASELINES)"
	@[ -x $(BASELINES)/bin/python ] || $(PYTHON) -m venv $(BASELINES)
	@VIRTUAL_ENV=$(CURDIR)/$(BASELINES) $(VENV)/bin/uv pip sync requirements/baselines.txt
	@VIRTUAL_ENV=$(CURDIR)/$(BASELINES) $(VENV)/bin/uv pip install --quiet --no-deps -e .
	@touch $@

airflow-env: $(AIRFLOW)/installed ## environment of Airflow 3 in .venv-airflow (0.2 GB)

$(AIRFLOW)/installed: requirements/airflow.txt | setup
$(AIRFLOW210)/installed: requirements/airflow210.txt | setup
$(AIRFLOW)/installed $(AIRFLOW210)/installed:
	@echo "airflow: environment in $(@D)"
	@$(VENV)/bin/uv venv --quiet --clear --python $(RUN) $(@D)
	@VIRTUAL_ENV=$(CURDIR)/$(@D) $(VENV)/bin/uv pip sync --quiet --require-hashes $<
	@touch $@

# Each is written last of its folder, so what was interrupted is made again.
$(DEMO)/transactions/.complete: | setup
	@echo "demo: simulating transactions into $(DEMO)/transactions"
	@rm -rf $(DEMO)/transactions
	@$(RUN) -m model_export simulate --dirt --out $(DEMO)/transactions
	@touch $@

$(DEMO)/artifact/manifest.json: | $(DEMO)/transactions/.complete
	@echo "demo: training the model into $(DEMO)/artifact"
	@$(RUN) -m model_export train --transactions $(DEMO)/transactions --out $(DEMO)/artifact

$(SPARK35)/installed: requirements/spark35.txt | setup
	@echo "spark35: virtual environment in $(SPARK35) with $(PYTHON35)"
	@$(VENV)/bin/uv venv --quiet --clear --python $(PYTHON35) $(SPARK35)
	@VIRTUAL_ENV=$(CURDIR)/$(SPARK35) $(VENV)/bin/uv pip sync --quiet --require-hashes requirements/spark35.txt
	@touch $@

terraform-tools: $(TERRAFORM)/installed ## environment that checks the Terraform code in .venv-terraform (230 MB)

$(TERRAFORM)/installed: requirements/terraform.txt | setup
	@echo "terraform: environment of checkov and of the provider's double in $(TERRAFORM)"
	@$(VENV)/bin/uv venv --quiet --clear --python $(RUN) $(TERRAFORM)
	@VIRTUAL_ENV=$(CURDIR)/$(TERRAFORM) $(VENV)/bin/uv pip sync --quiet --require-hashes requirements/terraform.txt
	@touch $@

wheel: setup ## the wheel and the Spark job's code in dist, as hosts and clusters install them
	@rm -rf dist build/lib
	@$(VENV)/bin/uv build --quiet --wheel --no-build-isolation --python $(RUN) --out-dir dist
	@$(RUN) -m spark_scorer.bundle --out dist 2> /dev/null

# The folder of the cloud is named by YC_FOLDER_ID, and you by YC_TOKEN. YES=1 agrees beforehand.
HOURS ?= 4
CLOUD = PYTHONPATH=dags $(RUN) -m fraud_cloud
AGREED = $(if $(YES),--yes)
# TRANSACTIONS and ARTIFACT name folders of your own; what is not given is the demo's, and made if need be.
UPLOADED = --transactions $(or $(TRANSACTIONS),$(DEMO)/transactions) --artifact $(or $(ARTIFACT),$(DEMO)/artifact)
DEMO_UPLOADED = $(if $(and $(TRANSACTIONS),$(ARTIFACT)),,$(DEMO)/artifact/manifest.json)

cloud-up: wheel $(DEMO_UPLOADED) ## the cloud side for HOURS=4: says what it costs, asks, applies, uploads
	@$(CLOUD) up --hours $(HOURS) $(UPLOADED) $(AGREED)

cloud-upload: wheel $(DEMO_UPLOADED) ## DAGs, code, locks and TRANSACTIONS=DIR into the bucket again, the model ARTIFACT=DIR into MLflow
	@$(CLOUD) upload $(UPLOADED) $(AGREED)

cloud-inventory: setup ## what of this project is in the cloud
	@$(CLOUD) inventory

cloud-run: setup ## preflight and campaign in the cloud, results and report here: PARAMS='instances=[1,2]'; FOLLOW=RUN, STOP=RUN
	@$(CLOUD) run $(PARAMS) $(if $(FOLLOW),--follow $(FOLLOW)) $(if $(STOP),--stop $(STOP)) $(AGREED)

cloud-mlflow: setup ## MLflow of the cloud at http://localhost:5000, through a tunnel, until Ctrl-C
	@$(CLOUD) mlflow

cloud-down: setup ## delete everything of sessions and verify; ALL=1: bucket, passwords and network too
	@$(CLOUD) down $(if $(ALL),--all) $(AGREED)

cloud-verify: setup ## exit with 3 if something that bills is left, with 5 if that cannot be known
	@$(CLOUD) verify $(if $(ALL),--all)

kanban: setup ## tell what the board of GitHub Projects lacks; APPLY=1 changes it
	@$(RUN) -m scripts.kanban $(if $(APPLY),--apply)

homework: setup ## write docs/homework.ru.md, the page that is handed in, from saved records
	@$(RUN) -m scripts.homework

jars: setup
	@$(RUN) -m sandbox jars broker > /dev/null

$(INSTALLED): requirements/run.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
	  echo "error: Python 3.11 or newer is needed, $(PYTHON) is" \
	    "$$($(PYTHON) --version 2> /dev/null || echo not there):" \
	    "name another one with make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setup 1/3: virtual environment in $(VENV)"
	@[ -x $(RUN) ] || $(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@echo "setup 2/3: packages (1.5 GB once installed, half a minute to 3 minutes the first time)"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/uv pip sync requirements/run.txt requirements/dev.txt
	@echo "setup 3/3: this project"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)
