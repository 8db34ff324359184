#!/usr/bin/env bash
# Runs the fuzz targets, one after the other (make fuzz). Ends with 1 if there is a finding.
#
#   fuzz.sh PROGRAM TARGETS SECONDS RUNS JOBS
#   fuzz.sh PROGRAM TARGETS merge
#
# TARGETS "": all. SECONDS is the limit for each target, RUNS the number of executions; "": no limit. JOBS is the number of
# processes for each target. New inputs go to .build-fuzz/corpus. `merge` replaces the committed corpus by the smallest set of
# inputs, old and new, that has the coverage of all.
set -euo pipefail
program=$1
all="file frame segments diagnosis netlink compressed messages"
targets=${2:-$all}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(cd "$here/.." && pwd)/.build-fuzz
# The backtrace of Swift is made after a fork, which AddressSanitizer does not survive.
export SWIFT_BACKTRACE=enable=no
# Swift stores bits in pointers, so LeakSanitizer takes what they point to for a leak.
# Less to remember about memory, because most time would go into that. Decoders that ask for too much get none.
export ASAN_OPTIONS=detect_leaks=0:malloc_context_size=4:quarantine_size_mb=8:detect_stack_use_after_return=0:allocator_may_return_null=1

# The longest inputs (bytes) that are made: longer ones are slower and find no more.
length() {
    case $1 in
        file) echo 2048 ;;
        frame) echo 1024 ;;
        compressed | netlink | messages) echo 512 ;;
        *) echo 200 ;;
    esac
}

failed=0
for target in $targets; do
    [ -d "$here/FuzzTests/Corpus/$target" ] || { echo "there is no fuzz target $target; the targets are: $all" >&2; exit 2; }
    committed=$here/FuzzTests/Corpus/$target
    new=$work/corpus/$target
    findings=$work/findings/$target
    mkdir -p "$new" "$findings"
    export TCPALIVE_FUZZ_TARGET=$target
    # Entropic scheduling weighs inputs by how rare their features are, which took a third of the time.
    options=(-entropic=0 -max_len="$(length "$target")" -timeout=10 -detect_leaks=0 -rss_limit_mb=1024 -malloc_limit_mb=512 -artifact_prefix="$findings/")
    [ ! -f "$here/Fuzzing/Dictionaries/$target.dict" ] || options+=(-dict="$here/Fuzzing/Dictionaries/$target.dict")
    if [ "${3:-}" = merge ]; then
        merged=$work/merged/$target
        rm -rf "$merged"
        mkdir -p "$merged"
        "$program" -merge=1 -set_cover_merge=1 -use_counters=0 -max_len="$(length "$target")" "$merged" "$committed" "$new" > "$work/merge-$target.log" 2>&1 \
            || { tail -20 "$work/merge-$target.log"; exit 1; }
        # The libraries that decompress do not say what they run, so all inputs of that target stay.
        [ "$target" = compressed ] || find "$committed" -type f -delete
        cp "$merged"/* "$committed"
        echo "$target: $(find "$committed" -type f | wc -l) inputs, $(du -sb --apparent-size "$committed" | cut -f1) bytes"
        continue
    fi
    [ -z "${3:-}" ] || options+=(-max_total_time="$3")
    [ -z "${4:-}" ] || options+=(-runs="$4")
    jobs=${5:-1}
    pids=()
    start=$(date +%s)
    for ((job = 1; job <= jobs; job++)); do
        # Where there are several processes, each sees what the others find.
        [ "$jobs" = 1 ] || options+=(-reload=1)
        "$program" "${options[@]}" -print_final_stats=1 "$new" "$committed" > "$work/$target-$job.log" 2>&1 &
        pids+=($!)
    done
    trap 'kill "${pids[@]}" 2> /dev/null' INT TERM
    good=1
    for pid in "${pids[@]}"; do wait "$pid" || good=0; done
    seconds=$(($(date +%s) - start))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target"-[0-9]*.log | awk '{ sum += $1 } END { print sum + 0 }')
    coverage=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$work/$target"-[0-9]*.log | sort -n | tail -1)
    echo "$target: $runs executions in $seconds s, $((runs / (seconds > 0 ? seconds : 1))) a second, coverage ${coverage:-0} edges"
    if [ $good = 0 ]; then
        failed=1
        for ((job = 1; job <= jobs; job++)); do
            sed -n '/Fatal error\|ERROR\|SUMMARY\|Test unit written/p' "$work/$target-$job.log" | cut -c1-2000
        done
        echo "finding: repeat it with TCPALIVE_FUZZ_TARGET=$target $program FILE; add the file to Tests/FuzzTests/Regressions/$target"
    fi
done
exit $failed
