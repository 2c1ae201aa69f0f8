# make paper   set up and regenerate the paper from the export that the study names
# make test    set up and run the tests
# make verify  set up and check finished results, with a second run of all steps: make verify STUDY=config/studies/ID
# make bundle  bring the paper up to date and pack it for reviewers, with all that is behind it but the raw data
# None presumes more than make and Python 3.11 or newer.

PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
# The rules say `python`: the one of the environment, as after activating it.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Without a home to write to, Snakemake and uv keep here what they keep there.
ifneq ($(shell test -w "$$HOME" && echo there),there)
export XDG_CACHE_HOME ?= $(CURDIR)/.snakemake/cache
endif

.PHONY: paper test test-slow hpc test-slurm test-faults fuzz verify test-versions test-environments test-conda bundle \
	benchmark benchmark-statistics lint format lock pins simulate clean

paper: .venv/ready
	$(BIN)/snakemake

test: .venv/ready
	$(BIN)/python -m pytest

# Review archives packed, searched and run; small counts attacked; drafts of real exports. Some minutes more.
test-slow: .venv/ready
	$(BIN)/python -m pytest -m slow tests/workflow tests/real

# Runs killed, disks filled, clocks put back, files edited: the next run finishes with the same bytes. Some minutes.
# All of it needs root and, on Debian, the package locales; what is not there is skipped, and said so.
test-faults: .venv/ready
	$(BIN)/python -m pytest --dist load tests/faults

# Study folders changed at random, every time others: make fuzz EXAMPLES=20000
fuzz: .venv/ready
	EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/python -m pytest --dist load --hypothesis-profile=fuzz tests/fuzz

# Before jobs are submitted to Slurm, where packages can be fetched: Snakemake's plugin for it.
hpc: .venv/hpc
.venv/hpc: .venv/ready requirements-slurm.lock
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --compile-bytecode \
		--requirement requirements-slurm.lock
	@touch $@

# The default study and a calibration through a Slurm that is started for it, as root on Debian. 8 minutes.
test-slurm: hpc
	$(BIN)/python tests/hpc/cluster.py $(BIN)/python -m pytest -n 0 -s tests/hpc

# The study of `verify` and `bundle`: its folder.
STUDY ?= config/studies/ebmt-cart-2023

verify: .venv/ready
	$(BIN)/python scripts/verify.py --study '$(STUDY)' $(if $(EXPORT),--export '$(EXPORT)')

# The same values from another Python and other patch versions of numpy and pandas, installed aside.
test-versions: paper
	$(BIN)/python -m pytest -n 0 -s tests/versions

# The same bytes with every step in an environment of its own, installed aside: the pins of its file in envs/ and no more.
test-environments: paper
	$(BIN)/python -m pytest -n 0 -s tests/environments

# The same bytes with `snakemake --sdm conda`, from a channel that is made of the pins; needs Python 3.12 beside this one.
test-conda: .venv/ready
	$(BIN)/python -m pytest -n 0 -s tests/conda

# The review archive of a study: make bundle [STUDY=folder] [EXPORT=file] [WITH=records or raw] [OUT=file.zip or file.tar.gz]
ID = $(shell sed -n "s/^id:[[:space:]]*[\"']*\([a-z0-9_-]*\).*/\1/p" '$(STUDY)/study.yaml')
OUT ?= results/$(ID)-review$(if $(WITH),-with-$(subst $() ,-,$(strip $(WITH)))).tar.gz
bundle: .venv/ready
	$(BIN)/snakemake --config 'study=$(STUDY)' $(if $(EXPORT),'export=$(EXPORT)')
	$(BIN)/python scripts/make_bundle.py 'results/$(ID)' --out '$(OUT)' $(if $(WITH),--with $(WITH))

# How long it all takes, from set-up to a run with nothing to do, and what of it is Snakemake, imports and work.
benchmark: .venv/ready
	$(BIN)/python benchmarks/pipeline.py --out results/benchmarks

# Wall time and peak memory of the statistics, 106 and 1,000,000 records; PEER='program {csv} {out} {threads}' runs in turn.
benchmark-statistics: .venv/ready
	$(BIN)/python benchmarks/describe.py --out results/benchmarks $(if $(PEER),--peer '$(PEER)')

# Style of code and rules, as the tests check it.
lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

# Pin anew what pyproject.toml asks for, and write the pins into envs/.
lock: .venv/ready
	$(BIN)/uv pip compile --quiet --upgrade --universal --fork-strategy fewest --generate-hashes --no-annotate --no-header \
		--group test pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header --no-deps \
		--group slurm --output-file requirements-slurm.lock
	$(BIN)/python scripts/pin_environments.py
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header \
		--group conda --output-file tests/conda/requirements.lock

# Pin every package of the conda environments, where conda and conda-forge are at hand. Snakemake uses the files it finds.
# Such a file cannot name what pip brings, so an environment with a part for pip gets none.
pins: .venv/ready
	$(BIN)/uv tool run snakedeploy@0.17.1 pin-conda-envs --conda-frontend conda $$(grep -L -e '- pip:' envs/*.yaml)

# Draw the simulated exports again; their bytes do not change unless the studies' assumptions do.
EXAMPLE := config/studies/catheter-care-2024
simulate: .venv/ready
	$(BIN)/python scripts/simulate_export.py --study config/studies/ebmt-cart-2023 \
		--out resources/simulated/ebmt-cart-2023.csv --frame resources/simulated/ebmt-cart-2023-frame.csv \
		--truth resources/simulated/ebmt-cart-2023-truth.csv --true-shares resources/simulated/ebmt-cart-2023-true-shares.csv
	$(BIN)/python scripts/simulate_export.py --study $(EXAMPLE) --out $(EXAMPLE)/export.csv --frame $(EXAMPLE)/frame.csv \
		--truth resources/simulated/catheter-care-2024-truth.csv --true-shares resources/simulated/catheter-care-2024-true-shares.csv

# The environment, and everything that was generated in it.
clean:
	rm -rf .venv .snakemake results

.venv/ready: requirements.lock scripts/set_up.py
	@$(if $(PYTHON),$(PYTHON),sh -c 'echo "error: no Python 3.11 or newer found; install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 2' --) scripts/set_up.py
