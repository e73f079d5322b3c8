#!/usr/bin/env bash
# Compares the checked out commit with its base, and writes all that later steps show. It fails for no comparison: the
# last step does that, once everything is written.
set -euo pipefail

project=${LAB_PROJECT:-.}
base=${LAB_BASE:?the commit to compare with}
folder=${RUNNER_TEMP:?}/delivery-lab
mkdir -p "$folder"
[ -d "$project" ] || {
    echo "::error::Delivery Lab: there is no folder $project; say where the project is (with: project: ...)"
    exit 1
}
read -ra stacks <<<"${LAB_STACKS:-}"

# A clone of one commit, as actions/checkout makes it, has no base.
if ! git -C "$project" cat-file -e "$base^{commit}" 2>/dev/null; then
    git -C "$project" fetch --quiet --no-tags --depth=1 origin "$base" || {
        echo "::error::Delivery Lab: there is no commit $base to compare with; with actions/checkout say fetch-depth: 2"
        exit 1
    }
fi

options=(--project "$project" --fail-on "${LAB_FAIL_ON:-worse}" --format markdown)
[ -z "${LAB_WORKLOAD:-}" ] || options+=(--workload "$LAB_WORKLOAD")
[ -z "${LAB_SEEDS:-}" ] || options+=(--seeds "$LAB_SEEDS")

comment=$folder/comment.md
code=0
delivery-lab diff "$base..HEAD" "${stacks[@]}" "${options[@]}" >"$comment" 2>"$folder/notes.txt" || code=$?
cat "$folder/notes.txt" >&2
if [ ! -s "$comment" ]; then
    # Without a comparison the comment is why there is none.
    name=$(sed -n 's/^name: *//p' "$project/Pulumi.yaml" 2>/dev/null | head -n 1)
    { echo "<!-- delivery-lab diff: ${name:-$project} -->"
      echo "### Nothing could be compared"
      echo
      sed 's/^/    /' "$folder/notes.txt"
    } >"$comment"
fi
cat "$comment" >>"${GITHUB_STEP_SUMMARY:?}"

# What the change removes has been compared; there is nothing of it to check or to report on.
asked=${#stacks[@]}
if [ "$asked" -gt 0 ]; then
    mapfile -t stacks < <(python "${GITHUB_ACTION_PATH:?}/action/present.py" "$project" "${stacks[@]}")
fi

sarif=
report=
if [ "$asked" -eq 0 ] || [ ${#stacks[@]} -gt 0 ]; then
    # Locations in SARIF are relative to the folder of the command: the top of the repository.
    sarif=$folder/findings.sarif
    delivery-lab check "${stacks[@]}" --project "$project" --fail-on never --format sarif >"$sarif" || [ -s "$sarif" ] || sarif=

    if [ "${LAB_REPORT:-true}" = true ]; then
        report=$folder/delivery-lab-report.html
        [ "$asked" -gt 0 ] || stacks=(--all)
        sent=()
        [ -z "${LAB_WORKLOAD:-}" ] || sent=(--workload "$LAB_WORKLOAD")
        delivery-lab report "${stacks[@]}" --project "$project" "${sent[@]}" -o "$report" || [ -s "$report" ] || report=
    fi
fi

differs=true
[ "$(sed -n 2p "$comment")" != "### Nothing differs" ] || differs=false
{
    echo "comment=$comment"
    echo "differs=$differs"
    echo "sarif=$sarif"
    echo "report=$report"
    echo "exit-code=$code"
} >>"${GITHUB_OUTPUT:?}"
