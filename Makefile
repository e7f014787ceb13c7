# Every target does the set-up it needs: Python 3.11 or newer and make are enough to start from.
# The stamps in .venv make the second time quick; a change of pins or extras installs again.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help preview quick test test-engine check format lint types imports shell workflows packages dist docs golden permissions bench mutation clean

STACK ?= dev
export PYTHON

BIN := .venv/bin
RUN := .venv/.ready-to-run
DEV := .venv/.ready-to-develop
BENCH := .venv/.ready-to-measure
PINS := pyproject.toml constraints.txt

help:
	@echo 'make preview [STACK=dev]  what stacks/Pulumi.STACK.yaml opens and registers, offline'
	@echo 'make quick                the tests that take no time: a minute, all but those marked slow'
	@echo 'make test                 everything that must hold, in this working tree'
	@echo 'make test-engine          the tests that need a Pulumi engine: the CLI on PATH, no network, no account'
	@echo 'make check                make test, then all previews and make test in a fresh clone of HEAD'
	@echo 'make golden               rewrite tests/goldens/ from what the code says now; review the diff'
	@echo 'make permissions          rewrite permissions/ from the types of resources: IAM policies and roles of Azure'
	@echo 'make docs                 the documentation as a site: dist/site/index.html; a broken link fails'
	@echo 'make dist [REPOSITORY=O/N] what a release consists of: dist/release/, built twice and tried; nothing is published'
	@echo 'make format               format the code and sort its imports'
	@echo 'make bench                what must be quick, measured; writes docs/bench.md and docs/bench.svg'
	@echo 'make mutation [SIZE=40] [SEED=0] [KNOWN=1]  small faults made in the package: which does no test notice?'
	@echo 'make clean                remove .venv, caches and builds'

preview: $(RUN)
	@$(BIN)/exchange-ports preview "stacks/Pulumi.$(STACK).yaml"

# Neighbors in a file share what they cache, so a worker takes runs of tests from another, not single ones.
PYTEST := $(BIN)/pytest --numprocesses=auto --dist=worksteal

quick: $(DEV)
	$(PYTEST) -m 'not slow'

# pytest comes last, so that its closing lines are the closing lines.
test: lint types imports shell workflows packages docs
	$(PYTEST)

# Minutes, so not a part of `make test`. Which CLI is meant is said where it is missing.
test-engine: $(DEV)
	$(BIN)/pytest --engine -m pulumi_engine --numprocesses=auto --dist=load

lint: $(DEV)
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(DEV)
	$(BIN)/basedpyright

imports: $(DEV)
	$(BIN)/lint-imports --no-logo

shell: $(DEV)
	$(BIN)/shellcheck .ci/run scripts/*.sh

workflows: $(DEV)
	scripts/workflows.sh

packages: $(DEV)
	scripts/packages.sh

# What a release consists of. REPOSITORY=OWNER/NAME is where it is published.
dist: $(DEV)
	rm -rf dist/release
	scripts/packages.sh dist/release $(REPOSITORY)

docs: $(DEV)
	$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --quiet docs dist/site
	@echo 'docs: dist/site/index.html, every link and anchor is there'

check: test
	scripts/clean_copy.sh

golden: $(DEV)
	$(BIN)/pytest --update-goldens

permissions:
	scripts/permissions.py

format: $(DEV)
	$(BIN)/ruff format
	$(BIN)/ruff check --select I --fix

bench: $(BENCH)
	$(BIN)/python -m bench

# A sample of faults by its seed, or all that are known by name; a few seconds of CPU time each.
SIZE ?= 40
SEED ?= 0
mutation: $(DEV)
	$(BIN)/python -m bench.mutation $(if $(KNOWN),--known,--size $(SIZE) --seed $(SEED))

clean:
	rm -rf .venv .cache dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): $(PINS)
	@scripts/setup.sh aws,azure
	@touch $@

$(DEV): $(PINS)
	@scripts/setup.sh aws,azure,dev
	@touch $(RUN) $@

$(BENCH): $(PINS)
	@scripts/setup.sh aws,azure,dev,bench
	@touch $(RUN) $(DEV) $@
