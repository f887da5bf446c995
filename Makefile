# Two commands do everything: `make scenarios` and `make test`. Variables: ARGS (more pytest arguments), RUN (a run's name).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Without settings of the user's by which pip installs elsewhere, or nowhere.
PIP := PIP_USER=0 PIP_TARGET= PIP_PREFIX= PIP_ROOT= PIP_DRY_RUN=0 $(BIN)/python -m pip
# The same for settings of a pip.conf, which an empty variable does not undo.
HERE := --no-user --target= --prefix=$(abspath $(VENV)) --root=/
# A folder of its own: where pytest-randomly is installed, pytest loads it in every run.
RANDOM := $(abspath $(VENV)/random)
PYTEST := $(BIN)/python -m pytest
# The tests start hundreds of Pythons; each would compile the library again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: scenarios random test lint unit e2e kind kind-test browser-test platform platform-stop doctor cleanup promises report publish docs build images \
  actionlint cpu bench-startup bench-latency bench-fleet bench-report bench-repair ginkgo mutants clean help

help:            ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*##/  make \1	/p' $(MAKEFILE_LIST) | expand -t 24

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed, and $(PYTHON) is older: call make with PYTHON=python3.11, say" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install $(HERE) --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,kind]'
	touch $@

scenarios: $(STAMP)     ## get the components, start a platform, run the scenarios, stop everything
	$(PYTEST) -n 11 $(ARGS)

$(RANDOM): $(STAMP)
	$(PIP) install --quiet --disable-pip-version-check --no-deps --constraint constraints.txt --upgrade --target $@ pytest-randomly
	touch $@

random: $(RANDOM)       ## the scenarios in random order, whose seed is printed (ARGS=--randomly-seed=SEED: that order again)
	PYTHONPATH=$(RANDOM)$${PYTHONPATH:+:$$PYTHONPATH} $(PYTEST) -n 11 --randomly-dont-reset-seed $(ARGS)

test: lint              ## all tests: lint, the harness's own, the scenarios, and the proof that these can fail
	$(PYTEST) scenarios tests -n 4 --dist worksteal --durations 30 $(ARGS)

lint: $(STAMP)          ## ruff (check and format) and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(STAMP)          ## the harness's own tests that start no platform
	$(PYTEST) tests -m "not e2e" -n 2 $(ARGS)

e2e: $(STAMP)           ## the harness's own tests that start platforms
	$(PYTEST) tests -m e2e -n 2 $(ARGS)

kind: $(STAMP)          ## the scenarios on real clusters (needs a Docker engine, see docs/kind.md)
	$(PYTEST) scenarios --ks-platform kind -n 2 $(ARGS)

kind-test: $(STAMP)     ## the harness's own tests that make such clusters
	$(PYTEST) tests/e2e/kind --verbose $(ARGS)

browser-test: $(STAMP)  ## the site of a run in a browser (needs Debian's package chromium, but no root)
	$(PIP) install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[browser]'
	$(PYTEST) tests/reporting/site/test_browser.py $(ARGS)

images: $(STAMP)        ## get all images of such clusters into the cache
	$(BIN)/ks-conformance images $(ARGS)

platform: $(STAMP)      ## start a platform, leave it up, print how to use it
	@$(BIN)/ks-conformance platform $(ARGS)

platform-stop: $(STAMP) ## stop the platforms that were left up (RUN=name: that one)
	@$(BIN)/ks-conformance platform-stop $(if $(RUN),'$(RUN)')

actionlint:      ## check the example workflow of the GitHub actions with actionlint, which Go builds
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 .ci/action/example-workflow.yml

doctor: $(STAMP)        ## check whether an existing installation can be tested (ARGS: its contexts, see docs/existing.md)
	@$(BIN)/ks-conformance doctor $(ARGS)

cleanup: $(STAMP)       ## remove the leftovers of one run from an existing installation (RUN=its id)
	@$(BIN)/ks-conformance cleanup $(if $(RUN),'$(RUN)') $(ARGS)

mutants: $(STAMP)       ## small edits of KubeStellar that the suite must notice (AREA=, ONLY=an id)
	$(BIN)/python -m tests.mutants $(if $(AREA),--area $(AREA)) $(if $(ONLY),--only $(ONLY)) $(ARGS)

promises: $(STAMP)      ## the catalogue: id, text, source, tests, last verdict (ARGS='BIND-*', --area, --rig, --state)
	@$(BIN)/ks-conformance promises $(ARGS)

report: $(STAMP)        ## the last run's site in reports/site (ARGS: records, --out DIR)
	@$(BIN)/ks-conformance report $(ARGS)

publish: $(STAMP)       ## a whole run's ConformanceReport into reports/ (ARGS: record, --partial)
	@$(BIN)/ks-conformance publish $(ARGS)

docs: $(STAMP)          ## write the pages that are generated from the catalogue and the tests
	@$(BIN)/ks-conformance docs

build: $(STAMP)         ## get all components into the cache
	$(BIN)/ks-conformance build $(ARGS)

cpu: $(STAMP)           ## core-seconds by program while pytest runs (ARGS: its arguments)
	$(BIN)/python -m tests.support.cpu $(ARGS)

bench-startup: $(STAMP) ## seconds of a start from nothing, of one from the snapshot, of a stop
	$(BIN)/ks-conformance bench-startup $(ARGS)

bench-latency: $(STAMP) ## milliseconds from an event at an API server until the waiting test continues
	$(BIN)/ks-conformance bench-latency $(ARGS)

bench-fleet: $(STAMP)   ## seconds that twenty virtual WECs take to appear, to get an object, to be removed
	$(BIN)/ks-conformance bench-fleet $(ARGS)

bench-report: $(STAMP)  ## CPU that the site of a whole run takes, its size (ARGS: a record; none: one of this suite)
	$(BIN)/python -m tests.support.bench_report $(ARGS)

bench-repair: $(STAMP)  ## seconds until an object deleted or edited in a WEC is repaired (takes some minutes)
	$(BIN)/ks-conformance bench-repair $(ARGS)

ginkgo: $(STAMP)        ## upstream's own end-to-end cases that need no pods of the hosting cluster, three times
	$(BIN)/python -m tests.support.ginkgo $(ARGS)

clean:                  ## remove the files of runs and tools here; caches stay
	rm -rf run .pytest_cache .mypy_cache .ruff_cache
