# Everything here needs Python 3.11+ and the package registries, and nothing else; `make pulumi` needs Go too.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Stands for "the venv holds what the lock says": made anew only when the lock or the project file changes.
READY := $(VENV)/.ready
# Pulumi's engine, for the tests that run it. Who has the CLI needs none of this.
PULUMI := .pulumi-cli/.ready
# The emulator of AWS, in an environment of its own: it pins another botocore than the lab's.
LOCAL := .local-env/.ready

.DEFAULT_GOAL := help
.PHONY: help setup lab test test-browser fuzz lint types check bench layer dist sbom licences pulumi local pythons test-pulumi lock clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY)  ## Create the virtual environment from the lock

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) scripts/setup_venv.py $(VENV)

lab: $(READY)  ## Run every variant's workload in virtual time and say what becomes of the messages
	@$(BIN)/delivery-lab run --all

test: $(READY)  ## Run all tests but those of `make test-pulumi`, and name the slowest
	@$(BIN)/python -m pytest -q -n auto --dist worksteal --durations=20 --durations-min=1 $(PYTEST_ARGS) || { echo "make test: some tests failed" >&2; exit 1; }

fuzz: $(READY)  ## Try many random configurations (FUZZ=1000 of each source), and many cases of what `make test` tries with a few
	@LAB_FUZZ=$(or $(FUZZ),100) $(BIN)/python -m pytest -q -n auto tests/fuzz || { echo "make fuzz: a configuration failed" >&2; exit 1; }
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m long $(PYTEST_ARGS) || { echo "make fuzz: a case failed" >&2; exit 1; }

# Most of these tests wait for a command, the emulator or its clock, so that two for each of two cores are done sooner.
WAITING := 4

test-pulumi: $(READY) $(PULUMI) $(LOCAL)  ## Run the tests with Pulumi's engine and the emulator (LAB_ENGINE=quick: less of each variant)
	@LAB_ENGINE=$(LAB_ENGINE) $(BIN)/python -m pytest -q -n $(WAITING) --dist worksteal -m "engine or emulator" $(PYTEST_ARGS) \
		$(or $(TESTS),tests/live tests/pulumi_cli) \
		|| { echo "make test-pulumi: some tests failed" >&2; exit 1; }

test-browser: $(READY)  ## Look at reports in Debian's Chromium (apt-get install chromium)
	@$(BIN)/python -m pytest -q -m browser $(PYTEST_ARGS) tests/report || { echo "make test-browser: some tests failed" >&2; exit 1; }

lint: $(READY)  ## Check style, formatting and the direction of imports
	@$(BIN)/ruff check --quiet --output-format concise . || { echo "make lint: ruff check failed" >&2; exit 1; }
	@$(BIN)/ruff format --check --quiet . || { echo "make lint: some files are not formatted: run '$(BIN)/ruff format .'" >&2; exit 1; }
	@found=$$($(BIN)/lint-imports --no-cache --no-logo 2>&1) \
		|| { echo "make lint: an import breaks a contract of pyproject.toml" >&2; echo "$$found" >&2; exit 1; }

types: $(READY)  ## Check types
	@$(BIN)/mypy || { echo "make types: mypy failed" >&2; exit 1; }

check: lint types test  ## Lint, types and tests

bench: $(READY)  ## Measure speed, as ratios
	@$(BIN)/python -m benchmarks

layer: $(READY)  ## Build the layer that `pulumi up` deploys beside the functions
	@$(BIN)/python scripts/build_layer.py

dist: $(READY)  ## Build wheel and source distribution into dist/, reproducibly, and check them
	@$(BIN)/python -m scripts.build_dist

sbom: $(READY)  ## Print a CycloneDX document of all locked packages
	@$(BIN)/python -m scripts.supply_chain sbom

licences: $(READY)  ## List the licence of each locked package
	@$(BIN)/python -m scripts.supply_chain licences

pulumi: $(PULUMI)  ## Build Pulumi's CLI from the Go module proxy, for the tests (needs Go 1.26)

$(PULUMI): tools/pulumi/build.sh tools/pulumi/go.mod tools/pulumi/go.sum $(wildcard tools/pulumi/*/*.go)
	@tools/pulumi/build.sh .pulumi-cli || { echo "make pulumi: the CLI could not be built" >&2; exit 1; }
	@touch $@

local: $(LOCAL)  ## Create the environment of the emulator

$(LOCAL): tools/emulator/requirements.txt
	@rm -rf .local-env
	@$(PYTHON) -m venv .local-env
	@.local-env/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
		|| { echo "make local: the emulator could not be installed" >&2; exit 1; }
	@touch $@

pythons: $(READY)  ## Bring Python 3.12 and 3.13, on which a test runs the lab, too (needs Maven)
	@$(BIN)/python -m scripts.other_pythons

lock:  ## Resolve the lock anew (needs uv)
	uv pip compile -q pyproject.toml --all-extras --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --no-header -o requirements.txt

clean:  ## Remove what was built
	rm -rf $(VENV) .pulumi-cli .local-env .pythons build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
