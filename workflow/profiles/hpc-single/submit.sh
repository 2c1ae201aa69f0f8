#!/bin/bash
# The whole study in one allocation; from the project's folder, after `make paper` or `make hpc` where packages can be
# fetched:
#   sbatch workflow/profiles/hpc-single/submit.sh                         the default study
#   sbatch workflow/profiles/hpc-single/submit.sh --config study=FOLDER   another one; further words go to Snakemake
#
# What the default study takes on two cores is a minute or two and, at its peak, 1.5 GB.
#SBATCH --job-name=survey-paper
#SBATCH --cpus-per-task=4
#SBATCH --mem=6G
#SBATCH --time=30
#SBATCH --output=survey-paper-%j.log
# Where the cluster asks for them, give these on the command line, or take one # away:
##SBATCH --account=ACCOUNT
##SBATCH --partition=PARTITION
set -euo pipefail
# The environment of the project's folder, unless one is active already.
if [ -z "${VIRTUAL_ENV:-}" ] && [ -f .venv/bin/activate ]; then . .venv/bin/activate; fi
exec python -m snakemake --workflow-profile workflow/profiles/hpc-single --cores "${SLURM_CPUS_PER_TASK:-all}" "$@"
