#!/bin/sh
# Builds the programs in Examples, which use the libraries from outside the package, and checks what they print.
# examples.sh SCRATCH-DIRECTORY CAPTURE
set -eu
swift build --package-path Examples --scratch-path "$1"
bin=$(swift build --package-path Examples --scratch-path "$1" --show-bin-path)

fail() { echo "examples: $1" >&2; exit 1; }

frames=$("$bin/MarkedFrames" "$2")
[ "$(echo "$frames" | grep -c ' keep_alive$')" = 4 ] || fail "MarkedFrames printed: $frames"

findings=$("$bin/SegmentFindings")
case $findings in
"peer_dead (failure): "*"4 unanswered probes"*) ;;
*) fail "SegmentFindings printed: $findings" ;;
esac

if [ "$(id -u)" != 0 ]; then
    echo "examples: LiveEvents is skipped, as capturing needs root"
    exit 0
fi
events=$(mktemp)
trap 'kill $probers 2>/dev/null || true; rm -f "$events"' EXIT
probers=
python3 Tests/Scripts/prober.py & probers=$!
timeout 20 "$bin/LiveEvents" lo "tcp port 47114" > "$events" || fail "LiveEvents ended with status $?"
grep -q '^probe from 127.0.0.1:' "$events" || fail "LiveEvents printed: $(cat "$events")"
grep -q '^answer from 127.0.0.1:47114 to' "$events" || fail "LiveEvents printed: $(cat "$events")"
echo "examples: 3 programs build and print what they should"
