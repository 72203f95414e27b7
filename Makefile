# Every target sets up what it needs first; `make help` lists them.
# Work on content goes through build.py: `python build.py --help`.
# ARGS are handed on: make ARGS="sheet --verbose", make test ARGS="-k prose".

RUN := .venv/bin/python
LOCK := .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--extra model --python-version 3.11 --custom-compile-command "make lock"
ARGS ?=
JOBS ?= 2
VERSION ?=
PREVIOUS ?=
export VERSION PREVIOUS
# Releases of Anki that people still have; the tests run over the newest in any case.
ANKI ?= 23.12.1 24.11 25.2.7

.DEFAULT_GOAL := all
.PHONY: all setup dev test test-anki check golden bench bench-normalize bench-deck bench-sheet ci \
	audit pages card-pictures reproduce version release clean lock help

all: setup ## build everything into dist/ (the default)
	$(RUN) build.py $(ARGS)

setup: ## install what the build needs: system libraries, .venv, locked packages
	@bash .ci/setup

dev: ## the same for tests and checks
	@bash .ci/setup dev

test: dev ## run the tests, on two cores; JOBS=0 runs them one after another
	$(RUN) -m pytest -n $(JOBS) --dist loadfile $(ARGS)

test-anki: dev ## run the deck's tests over older releases of Anki too; ANKI="24.11" names them
	@set -e; for release in $(ANKI); do \
		echo "Anki $$release"; \
		.venv/bin/uv pip install --quiet --no-deps --python $(RUN) \
			--target .cache/anki-$$release anki==$$release; \
		PYTHONPATH=.cache/anki-$$release $(RUN) -m pytest \
			tests/test_deck_in_anki.py tests/test_deck_updates.py $(ARGS); \
	done

check: dev ## lint, types, layers, spelling, workflows and content; changes nothing
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	env PYTHONPATH=src $(RUN) .venv/bin/lint-imports --no-logo
	$(RUN) -m codespell_lib
	.venv/bin/zizmor --quiet --offline --strict-collection --persona auditor .
	$(RUN) build.py check --quiet

audit: dev ## ask the package index for known vulnerabilities of the locked packages
	@bash .ci/audit

golden: dev ## write the tests' expected files anew; read the difference before you commit it
	$(RUN) -m pytest --update-golden $(ARGS)
	git status --short tests/golden

bench: dev ## time whole builds of 45 to 10 000 entries by stage: cold, with nothing to do, one edit
	$(RUN) tests/benchmarks/bench_build.py $(ARGS)

bench-normalize: dev ## measure the normalizer on the labeled sets; ARGS="--list" tells every miss
	$(RUN) tests/benchmarks/bench_normalize.py $(ARGS)

bench-deck: dev ## make decks of 45 to 10 000 notes, and let others make them too; ARGS="--sizes 45"
	$(RUN) tests/benchmarks/bench_deck.py $(ARGS)

bench-sheet: dev ## print sheets of 45 to 1000 entries, and let others print them too; ARGS="--sizes 45"
	$(RUN) tests/benchmarks/bench_sheet.py $(ARGS)

ci: ## what runs before a change lands: check, test, build
	@bash .ci/run

pages: all ## build, and write the pages of the sheets as pictures into pages/
	rm -rf pages && mkdir pages
	for sheet in dist/*.pdf; do \
		pdftoppm -r 80 -png "$$sheet" "pages/$$(basename "$$sheet" .pdf)" || exit; \
	done

card-pictures: dev all ## build, and write pictures of all cards as Anki shows them into card-pictures/
	$(RUN) .ci/card_pictures.py

reproduce: all ## build the last commit in another folder, and compare all bytes with dist/
	$(RUN) .ci/release.py reproduce

version: dev ## get the sources ready for a release: VERSION=1.2.0
	$(RUN) .ci/release.py version "$$VERSION"

release: dev ## build the last commit twice, compare, and fill release/: VERSION=1.2.0 PREVIOUS=OLD.apkg
	$(RUN) .ci/release.py release "$$VERSION" --previous "$$PREVIOUS"

clean: ## remove what was built and cached; .venv stays
	rm -rf dist differences pages card-pictures release .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

lock: dev ## lock the packages that pyproject.toml asks for; ARGS=--upgrade takes newer ones
	$(LOCK) $(ARGS) pyproject.toml -o requirements.lock
	$(LOCK) $(ARGS) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
