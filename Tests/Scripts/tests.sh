#!/usr/bin/env bash
# usage: tests.sh OPTION...
# Runs `swift test` with the options. What failed is printed once more at the end: among the lines of a thousand tests nobody finds it.
set -uo pipefail
output=$(mktemp)
trap 'rm -f "$output"' EXIT
swift test "$@" 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
if [ "$status" != 0 ]; then
    echo
    echo "== failed"
    # An issue has further lines, up to the next one that begins with a mark.
    awk '/^[^ -~]/ && !/^(↳|±)/ { failed = /^✘/ && !/^✘ (Test|Suite) .* failed after/ } failed || /error:|Fatal error|signal code/' "$output"
fi
exit "$status"
