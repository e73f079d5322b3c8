#!/usr/bin/env bash
# Installs Delivery Lab, and what the project needs, into the job's Python: the program is evaluated there.
set -euo pipefail

wanted=("$GITHUB_ACTION_PATH[check]")
requirements="${LAB_PROJECT:-.}/${LAB_REQUIREMENTS:-}"
if [ -n "${LAB_REQUIREMENTS:-}" ] && [ -f "$requirements" ]; then
    wanted+=(-r "$requirements")
else
    echo "::notice::Delivery Lab: there is no $requirements, so nothing but Delivery Lab and what it needs is installed"
fi
python -m pip install --quiet --disable-pip-version-check "${wanted[@]}"
