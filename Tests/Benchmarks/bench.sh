#!/usr/bin/env bash
# Times tcpalive beside a libpcap loop that only counts, in alternation, on a capture made here: bench.sh TCPALIVE
#
# 10 million 66-byte segments over 100,000 connections; ROUNDS (default 7) rounds; medians and their ratio, in Markdown.
set -euo pipefail
tool=$(realpath "$1")
rounds=${ROUNDS:-7}
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -O2 "$here/generate.c" -o "$work/generate"
cc -O2 "$here/count.c" -lpcap -o "$work/count"
"$work/generate" "$work/small.pcap" 10000000 100000 0 >&2

# Both must have read the same before their times mean anything.
counted=$("$work/count" "$work/small.pcap" | cut -d' ' -f1)
analysed=$("$tool" analyze --format jsonl -q "$work/small.pcap" | tail -n 1 | sed 's/.*"packets":\([0-9]*\).*/\1/')
if [ "$counted" != "$analysed" ]; then
    echo "libpcap counts $counted packets and tcpalive $analysed" >&2
    exit 1
fi

seconds() {
    local start end
    start=$(date +%s%N)
    "$@" >/dev/null
    end=$(date +%s%N)
    echo $((end - start))
}
for ((round = 0; round < rounds; round++)); do
    seconds "$work/count" "$work/small.pcap" >>"$work/count.ns"
    seconds "$tool" analyze --format tsv --marks "$work/small.pcap" >>"$work/tcpalive.ns"
done
median() { sort -n "$1" | sed -n "$((rounds / 2 + 1))p"; }
awk -v counting="$(median "$work/count.ns")" -v analysis="$(median "$work/tcpalive.ns")" -v packets="$counted" 'BEGIN {
    print "| 10 million 66-byte segments, 100,000 connections | seconds | million packets a second |"
    print "|---|---|---|"
    printf "| libpcap loop that only counts | %.3f | %.1f |\n", counting / 1e9, packets * 1000 / counting
    printf "| tcpalive analyze, every mark written | %.3f | %.1f |\n", analysis / 1e9, packets * 1000 / analysis
    printf "\ntcpalive takes %.2f times as long as the counting loop (medians of the same run).\n", analysis / counting
}'

# Four times the packets must not cost more allocations: none is a packet's own.
[ "$(uname)" = Linux ] || exit 0
cc -shared -fPIC -O2 "$here/allocations.c" -o "$work/allocations.so"
allocations() {
    "$work/generate" "$work/part.pcap" "$1" 1000 0 >&2
    LD_PRELOAD="$work/allocations.so" "$tool" analyze -q --format jsonl "$work/part.pcap" 2>&1 >/dev/null
}
few=$(allocations 1000000)
many=$(allocations 4000000)
echo
echo "Allocations: $few for 1 million packets of 1,000 connections, $many for 4 million."
if ((many > few + 1000)); then
    echo "something is allocated for packets" >&2
    exit 1
fi
