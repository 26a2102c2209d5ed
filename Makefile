# order-health. Each target does all its own set-up, into .venv/, on a machine with Python >= 3.11.
#   make demo         the reference incident, replayed on http://127.0.0.1:9847 (Ctrl-C ends it, or FOR=30s)
#   make test         everything: lint, types, imports, tests with real servers, promtool
#   make check        the inner loop, in seconds: no server is started
#   make docs         the tables of docs/metrics.md and docs/configuration.md, from the code
#   make dashboards   grafana/dashboards/ from tools/dashboards/
#   make replay       the reference incidents on real servers: a table of what was told, where, and how soon
#   make bench        the benchmarks of bench/, beside their peers
#   make chaos        kill -9 a thousand times between flip and receipt (KILLS=1000): nothing lost, repeats marked
#   make image-check  the Dockerfile's steps in a debootstrap root, without a container engine
#   make lock         the lock files, from pyproject.toml (UPGRADE=--upgrade for the newest versions)
#   make clean        everything that was made here

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := test
.PHONY: demo test check lint promtool docs dashboards replay bench chaos image-check lock clean

BIN := .venv/bin
CODE := exporter tests bench tools
# one locked set of versions for 3.11 and newer, hashed, free of any index's address
COMPILE = $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links $(UPGRADE)

.venv/ready: requirements-dev.lock pyproject.toml tools/venv.sh
	tools/venv.sh .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: .venv/ready
	exec $(BIN)/order-health demo $(if $(FOR),--for $(FOR))

test: .venv/ready
	tests/servers/install.sh
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest
	$(MAKE) --no-print-directory promtool

check: .venv/ready lint
	$(BIN)/python -m pytest -q -m "not server"

lint: .venv/ready
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

promtool:
	promtool check rules rules/*.yml
	promtool check config deploy/prometheus.yml
	promtool test rules tests/rules/*.test.yml

docs: .venv/ready
	$(BIN)/python -m tools.reference

dashboards: .venv/ready
	$(BIN)/python -m tools.dashboards

replay: .venv/ready
	tests/servers/install.sh mariadb-server nginx-light redis-server maven default-jre-headless faketime
	$(BIN)/python -m tests.incidents

bench: .venv/ready
	tests/servers/install.sh mariadb-server prometheus prometheus-alertmanager prometheus-sql-exporter wrk
	$(BIN)/python bench/all.py

chaos: .venv/ready
	$(BIN)/python -m tests.delivery.chaos $(or $(KILLS),1000)

image-check: .venv/ready
	tests/servers/install.sh debootstrap
	$(BIN)/python -m tools.image_check

lock:
	command -v $(UV) >/dev/null || { tools/venv.sh .cache/uv && .cache/uv/bin/pip install --quiet uv; }
	$(COMPILE) pyproject.toml --extra postgres --extra rocketmq -o requirements.lock
	$(COMPILE) pyproject.toml --constraint requirements.lock --extra dev --group build -o requirements-dev.lock
	$(COMPILE) --group build --constraint requirements-dev.lock -o requirements-build.lock

UV := $(shell command -v uv || echo .cache/uv/bin/uv)

clean:
	rm -rf .venv .peers .cache dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
