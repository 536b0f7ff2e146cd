# A fresh machine needs python3 (3.11 or newer, with venv), make, and to test also Node.js (20 or newer, with npm);
# everything else lands in $(VENV) and node_modules.

PYTHON ?= python3
VENV ?= .venv

BIN = $(VENV)/bin
MODULE = storefront/kupikupi-saleor
MODULE_TOOLS = $(MODULE)/node_modules/.package-lock.json
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-header --no-annotate
COMPILE_LOCKS = $(COMPILE) pyproject.toml -o $(1)/requirements.lock \
	&& $(COMPILE) pyproject.toml --group dev -c $(1)/requirements.lock -o $(1)/requirements-dev.lock \
	&& $(COMPILE) --group build -c $(1)/requirements-dev.lock -o $(1)/requirements-build.lock
IMAGES = Dockerfile compose.yaml
LOCKS = requirements.lock requirements-dev.lock requirements-build.lock

.DEFAULT_GOAL = help
.PHONY: help demo test test-versions check run format messages docs locks check-locks base-images clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/run.stamp ## pay with points end to end on this machine; KEEP=1 leaves the shop running
	@$(BIN)/saleor-kupikupi demo $(if $(KEEP),--keep)

test: $(VENV)/dev.stamp $(MODULE_TOOLS) ## run the tests and measure coverage; ARGS="-k name" runs some, unmeasured
	$(BIN)/pytest -n logical $(or $(ARGS),--cov)

test-versions: ## run the tests on each of Python 3.11, 3.12 and 3.13 that is found
	@for version in 3.11 3.12 3.13; do \
		python=$$(for candidate in python$$version $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version*/bin/python; do \
			$$candidate -c 'import ensurepip, venv' 2>/dev/null && echo $$candidate && break; done); \
		if [ -z "$$python" ]; then echo "Python $$version: not found"; continue; fi; \
		echo "Python $$version: $$python"; \
		$(MAKE) --no-print-directory test PYTHON="$$python" VENV=.venvs/$$version || exit 1; \
	done

check: $(VENV)/dev.stamp $(MODULE_TOOLS) check-locks ## formatting, lint, types, layers, lock files, Dockerfile
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	cd $(MODULE) && node node_modules/typescript/bin/tsc

run: $(VENV)/run.stamp ## serve the app; settings come from the environment
	$(BIN)/saleor-kupikupi serve

format: $(VENV)/dev.stamp ## format the code and fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

messages: $(VENV)/dev.stamp ## bring the page's catalogues in line with the code; texts are translated in locale/ru
	$(BIN)/python -m tests.contract.catalogues

docs: $(VENV)/dev.stamp ## make the parts of docs/ that come from the code
	$(BIN)/python -m tests.contract.made_from_code

locks: $(VENV)/dev.stamp ## bring the lock files in line with pyproject.toml; UPGRADE=1 takes the newest releases
	$(if $(UPGRADE),rm -f $(LOCKS))
	$(call COMPILE_LOCKS,.)

check-locks: $(VENV)/dev.stamp
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && cp $(LOCKS) "$$fresh" && $(call COMPILE_LOCKS,"$$fresh") \
	&& for lock in $(LOCKS); do \
		diff -u $$lock "$$fresh/$$lock" || { echo "$$lock is not up to date: run make locks"; exit 1; }; \
	done

base-images: ## pin the base images to what their tags are today; needs Docker and its registry
	@for pinned in $$(grep -ohE '[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}' $(IMAGES)); do \
		tag=$${pinned%@*}; \
		digest=$$(docker pull "$$tag" | sed -n 's/^Digest: //p'); \
		if [ -z "$$digest" ]; then echo "$$tag: its digest is not to be had"; exit 1; fi; \
		for file in $(IMAGES); do sed -i.old "s|$$pinned|$$tag@$$digest|" $$file && rm $$file.old; done; \
		echo "$$tag@$$digest"; \
	done

clean: ## remove everything that make made
	rm -rf .venv .venvs $(MODULE)/node_modules .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is missing or older than 3.11: install Python 3.11 or newer, or name one: make PYTHON=python3.12"; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module. Debian, Ubuntu: apt install python3-venv (of another version: python3.12-venv)."; \
		echo "openSUSE: zypper install python3-venv. Fedora, Alpine, Arch, macOS: reinstall python3, which carries it."; \
		exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

# What runs the app, and the app itself in place.
$(VENV)/run.stamp: requirements.lock requirements-build.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# What tests and checks it.
$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# What tests and checks the storefront's module, which itself needs nothing.
$(MODULE_TOOLS): $(MODULE)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer, with npm"; exit 1; }
	cd $(MODULE) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
