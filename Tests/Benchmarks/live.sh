#!/usr/bin/env bash
# Compares live capture with tcpdump, and measures the time from capture to output: live.sh TCPALIVE [SECONDS [RATE]]
#
# In a network namespace of its own, RATE (200000) small segments a second for SECONDS (30) are captured by tcpalive, by
# tcpdump, and by both at once; then keep-alives of real connections. Prints two tables in Markdown. Exits with 1 if
# tcpalive dropped packets and tcpdump did not, or if lines arrived too late.
set -euo pipefail
tool=$(realpath "$1")
seconds=${2:-30}
rate=${3:-200000}
here=$(dirname "$(realpath "$0")")

fail() {
    echo "make bench-live: $1" >&2
    exit 2
}
[ "$(uname)" = Linux ] || fail "needs Linux's network namespaces"
[ "$(id -u)" = 0 ] || fail "needs a network namespace: run it as root (sudo make bench-live)"
[[ $seconds =~ ^[1-9][0-9]*$ && $rate =~ ^[1-9][0-9]*$ ]] || fail "SECONDS and RATE are whole numbers from 1"

work=$(mktemp -d)
space=tcpalive-bench-$$
declare -A running=()
# shellcheck disable=SC2317 # the trap calls it
cleaner() {
    local pid
    for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$work"
}
trap cleaner EXIT
trap 'exit 130' INT TERM

cc -O2 "$here/storm.c" -o "$work/storm"
ip netns add "$space"
ip -n "$space" link set lo up

# Runs a program in the namespace, in the background, as NAME. The process is the program itself, for signals and times.
launch() {
    local name=$1
    shift
    : >"$work/$name.err"
    ip netns exec "$space" "$@" </dev/null >"$work/$name.out" 2>>"$work/$name.err" &
    running[$name]=$!
}
# Waits for the end of NAME, in the background so that a signal ends the wait.
finish() {
    local status=0
    wait "${running[$1]}" || status=$?
    unset "running[$1]"
    return "$status"
}
# Waits until the capture NAME has started.
await_capture() {
    local turn
    for ((turn = 0; turn < 200; turn++)); do
        ! grep -q -E '(capturing|listening) on' "$work/$1.err" || return 0
        kill -0 "${running[$1]}" 2>/dev/null || break
        sleep 0.05
    done
    fail "$1 does not capture: $(tail -n 1 "$work/$1.err")"
}
# The last number before WORDS in the output of NAME.
count_of() { sed -nE "s/(^|.*[^0-9])([0-9]+) (packets? )?$2.*/\2/p" "$work/$1.err" | tail -n 1; }
# tcpdump does not drain its ring when it is ended: waits until it has read all of SENT that the kernel did not drop.
await_tcpdump() {
    local turn taken dropped
    for ((turn = 0; turn < 50; turn++)); do
        kill -USR1 "${running[tcpdump]}"
        sleep 0.1
        taken=$(count_of tcpdump captured)
        dropped=$(count_of tcpdump 'dropped by kernel')
        ((${taken:-0} + ${dropped:-0} < $1)) || return 0
    done
}
received() { ip netns exec "$space" cat /sys/class/net/lo/statistics/rx_packets; }

# Starts the given captures, sends the segments, and adds a row for each; MANNER says how they ran.
rows=()
declare -A drops=()
capture() {
    local manner=$1 name status cpu captured before sent marks reached
    shift
    for name in "$@"; do
        case "$name" in
        tcpalive) launch tcpalive "$tool" watch -i lo ;;
        tcpdump) launch tcpdump tcpdump -i lo -n -s 192 -B 16384 -w /dev/null ;;
        esac
        await_capture "$name"
    done
    before=$(received)
    launch storm "$work/storm" $((seconds * rate)) "$rate"
    finish storm || fail "$(tail -n 1 "$work/storm.err")"
    read -r sent _ marks _ _ _ reached _ <"$work/storm.out"
    echo "$manner: $(cat "$work/storm.out")" >&2
    before=$(($(received) - before))
    [ "$before" = "$sent" ] || fail "lo lost $((sent - before)) of $sent segments before any capture: use a lower RATE"
    for name in "$@"; do
        [ "$name" != tcpdump ] || await_tcpdump "$sent"
        cpu=$(awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.2f", ($14 + $15) / ticks }' "/proc/${running[$name]}/stat")
        kill -TERM "${running[$name]}"
        status=0
        finish "$name" || status=$?
        captured=$(count_of "$name" captured)
        drops[$manner $name]=$(count_of "$name" "dropped by (the )?kernel")
        [ -n "$captured" ] || fail "$name ended with status $status and no counts: $(tail -n 1 "$work/$name.err")"
        rows+=("| $name, $manner | $sent | $reached | $captured | ${drops[$manner $name]} | $cpu |")
        if [ "$name,$captured" = "tcpalive,$sent" ]; then
            # If all segments were captured, all probes and answers must be marked; otherwise the figures mean nothing.
            [ "$(grep -c -E ' length [01]  keep-alive( ACK)? ' "$work/tcpalive.out")" = "$marks" ] ||
                fail "tcpalive did not mark all $marks probes and answers"
        fi
    done
}

capture alone tcpalive
capture alone tcpdump
capture "both at once" tcpalive tcpdump
echo "| frames of 66 and 67 bytes on lo | sent | a second | captured | dropped by the kernel | CPU seconds |"
echo "|---|---|---|---|---|---|"
printf '%s\n' "${rows[@]}"

failed=0
for manner in alone "both at once"; do
    if [ "${drops[$manner tcpalive]}" != 0 ] && [ "${drops[$manner tcpdump]}" = 0 ]; then
        echo "tcpalive dropped packets and tcpdump none ($manner)" >&2
        failed=1
    fi
done

echo
echo "| from capture to line, ms | events | median | 95th percentile | maximum |"
echo "|---|---|---|---|---|"
# LABEL TARGET OPTION...
latency() {
    local label=$1 target=$2 status=0
    shift 2
    launch latency python3 "$here/latency.py" "$label" "$target" "$tool" "$@"
    finish latency || status=$?
    cat "$work/latency.out"
    cat "$work/latency.err" >&2
    [ "$status" -lt 2 ] || exit "$status"
    [ "$status" = 0 ] || failed=1
}
latency "tcpalive watch" 150
latency "tcpalive watch --immediate" 5 --immediate
exit "$failed"
