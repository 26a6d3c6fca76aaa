# `make help` lists what this file does. Paths: VENV=…, another Python: PYTHON=python3.12.
PYTHON ?= python3
VENV ?= .venv
EXTRAS = book,test
# instructors: begin
EXTRAS := $(EXTRAS),instructor,cluster
# instructors: end
IN = "$(VENV)/bin/python"
HTML = _build/site/_build/html

.DEFAULT_GOAL := help
.PHONY: help environment book test test-all serve pdf lecture budget lint format mutants-src set-repository clean clean-all

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { what = $$1; if (what == "lecture") what = what " N=04"; \
		if (what == "set-repository") what = what " URL=…"; printf "make %-24s %s\n", what, $$2 }' Makefile

environment: ## create or complete the environment (.venv, or VENV=path)
	@"$(PYTHON)" tools/setup_environment.py --venv "$(VENV)" --extras "$(EXTRAS)"

book: environment ## run the lectures that changed, build the site, say where it is
	@$(IN) -m tools.install_node_packages
	@$(IN) -m tools.execute
	@$(IN) -m tools.build_site

test: book ## the book, then every test; prints the minutes of each part
	@$(IN) -m tools.install_node_packages --for test
	@$(IN) -m tools.run_tests

test-all: book ## the same and what takes long: lectures again from nothing, slow tests
	@$(IN) -m tools.install_node_packages --for test-all
	@$(IN) -m tools.execute --force
	@$(IN) -m tools.build_site --anew
	@$(IN) -m tools.run_tests --all

serve: book ## show the site at http://localhost:8000 (PORT=…)
	@$(IN) -m http.server --bind 127.0.0.1 --directory $(HTML) $(or $(PORT),8000)

pdf: book ## print the book and each lecture to _build/pdf (needs Chromium)
	@$(IN) -m tools.make_pdf

lecture: environment ## run one lecture, whether it changed or not
	@test -n "$(N)" || { echo "Which one? make lecture N=04"; exit 2; }
	@$(IN) -m tools.execute --lecture "$(N)"
	@$(IN) -m tools.budget --lecture "$(N)"

budget: environment ## wall and processor seconds and peak memory of each lecture's last run
	@$(IN) -m tools.budget

lint: environment ## formatting, lint, spelling, types; changes nothing
	@$(IN) -m tools.run_tests --only lint

format: environment ## format the code and strip the notebooks' outputs
	@$(IN) -m ruff check --fix --quiet . ; $(IN) -m ruff format .
	@$(IN) -m nbstripout --keep-id --extra-keys metadata.language_info.version lectures/*.ipynb $(wildcard solutions/*/*.ipynb)

# instructors: begin
.PHONY: exercises check-assignments
exercises: environment ## make exercises/ from solutions/ with nbgrader
	@$(IN) -m tools.make_exercises

check-assignments: environment ## grade wrong answers, right ones and mutants of every assignment (ONLY=e02)
	@OMP_NUM_THREADS=1 $(IN) -m tools.check_assignments $(ONLY)
# instructors: end

mutants-src: environment ## break the package on purpose and list what the tests do not see
	@$(IN) -m tools.mutants

set-repository: environment ## write the repository's address wherever it stands; BRANCH=v0.1.0: a branch or tag
	@test -n "$(URL)$(BRANCH)" || { echo "Which address? make set-repository URL=https://github.com/owner/name"; exit 2; }
	@$(IN) -m tools.set_repository $(URL) $(if $(BRANCH),--branch $(BRANCH))

clean: ## remove _build (site and executed lectures) and the caches of the tools; the environment stays
	rm -rf _build .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools _ext -name __pycache__ -type d -prune -exec rm -rf {} +

clean-all: clean ## remove .venv and node_modules too; the next make book downloads again
	rm -rf .venv node_modules src/*.egg-info
