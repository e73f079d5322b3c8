#!/usr/bin/env bash
# Ends the job as the comparison ended.
set -euo pipefail

case ${LAB_EXIT_CODE:?} in
    0) ;;
    5) echo "::error::Delivery Lab: the change fails by fail-on: the job's summary says what gets worse" ;;
    *) echo "::error::Delivery Lab: stacks could not be compared: the job's summary says why" ;;
esac
exit "$LAB_EXIT_CODE"
