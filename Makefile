VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: help demo test check format bench calibrate audit release clean

help:            ## this list
	@grep -hE '^[a-z]+: .*##|^[a-z]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt tools/setup.sh
	@sh tools/setup.sh $(VENV)
	@touch $@

demo: $(READY)   ## release, grade a sample class in the sandbox, feedback and report, all below demo/
	@$(BIN)/chainrule demo

test: $(READY)   ## everything that CI runs
	@sh tools/postgres.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --durations=5

check: $(READY)  ## format, lint and the fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -m "not slow"

format: $(READY) ## let ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## measure against other graders, and a training step against torch; writes docs/
	$(BIN)/python -m benchmarks.graders
	$(BIN)/python -m benchmarks.assignments
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.step

calibrate: $(READY) ## train the reference over many seeds and write the thresholds' evidence
	$(BIN)/chainrule calibrate --all

audit: $(READY)  ## test the tests: wrong and unusual right solutions twice, right ones over many seeds; writes docs/
	$(BIN)/python -m benchmarks.audits
	$(BIN)/python -m benchmarks.false_alarms

release: $(READY) ## generate release/ from source/
	$(BIN)/chainrule release --all

clean:           ## remove what the demo and the tests made
	rm -rf demo .hypothesis .ruff_cache
