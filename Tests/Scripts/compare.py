#!/usr/bin/env python3
"""Compares the results of two builds of tcpalive, for every capture below the directories.

    compare.py OLD NEW DIRECTORY...

Both programs analyze each capture, all connections included, and write JSON. Everything in it is compared (events with
their marks and kinds, connections with their settings and findings, paths, the summary), and the exit status. Only
wording may differ: sentences, advice and other texts for people. Records of version 1 are compared as version 2: fields
with their new names and units, exactly, and without the fields that only version 2 has. Prints the first differences of
each file and the totals. Exits with 1 on any difference, with 2 if nothing was compared.
"""
import concurrent.futures
import decimal
import json
import os
import subprocess
import sys

from capture_files import captures

# Fields whose values are texts for people.
WORDING = {"sentence", "advice", "icmp_text", "reason", "tolerance"}
# Values that have a new name.
RENAMED = {"one_octet": "one_byte"}
# Fields of version 1, with their names in version 2. Those that ended in _s were seconds with nine decimal digits.
RENAMED_FIELDS = {
    "gap_s": "gap_ns", "first_ns": "first_ts_ns", "last_ns": "last_ts_ns", "longest_silence_s": "longest_idle_ns",
    "longest_survived_s": "longest_survived_ns", "shortest_failed_s": "shortest_failed_ns",
    "closed_idle_s": "closed_idle_ns", "evicted": "evicted_datagrams",
    **{f"{end}_{name}_ns": f"{end}_{name}_ts_ns"
       for end in ("originator", "responder") for name in ("first_probe", "last_probe", "gave_up")},
}
# Fields that version 1 does not have.
ADDED_FIELDS = {"tcp_stream", "ip_version", "seq_rel", "ack_rel", "interface"}
SHOWN = 5
SECONDS = 600


def analyze(tool, path):
    """The exit status and the document of one capture; None if there is no document."""
    command = [tool, "analyze", "--format", "json", "--connections", "all", path]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         timeout=SECONDS, check=False)
    # Fractions stay exact.
    return run.returncode, json.loads(run.stdout, parse_float=decimal.Decimal) if run.stdout else None


def version(document):
    """The version of the records of a document."""
    return int(document["summary"]["type"].split("/")[1])


def renewed(value):
    """A value of version 1 as version 2 has it."""
    if isinstance(value, list):
        return [renewed(item) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {}
    for name, field in value.items():
        new = RENAMED_FIELDS.get(name, name)
        if name == "type":
            field = field.replace("/1", "/2")
        elif name.endswith("_s") and new.endswith("_ns"):
            nanoseconds = field * 1_000_000_000
            field = int(nanoseconds)
            assert field == nanoseconds, f"{name} is not in nanoseconds"
        fields[new] = renewed(field)
    return fields


def without_added(value):
    """A value of version 2 without the fields that version 1 does not have."""
    if isinstance(value, list):
        return [without_added(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_added(field) for name, field in value.items() if name not in ADDED_FIELDS}


def differences(old, new, where=""):
    """A line for each value that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            field = f"{where}.{name}" if where else name
            if name not in old or name not in new:
                yield f"{field}: only in the {'old' if name in old else 'new'} report"
            elif name not in WORDING:
                yield from differences(old[name], new[name], field)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{where}: {len(old)} records, now {len(new)}"
        for index, (first, second) in enumerate(zip(old, new)):
            yield from differences(first, second, f"{where}[{index}]")
    elif type(old) is not type(new) or old != new and RENAMED.get(old, old) != RENAMED.get(new, new):
        yield f"{where}: {json.dumps(old, default=str)}, now {json.dumps(new, default=str)}"


def compare(old, new, path):
    """(path, numbers of events, connections and findings compared or None, differences)."""
    try:
        (old_status, before), (new_status, after) = analyze(old, path), analyze(new, path)
    except (subprocess.TimeoutExpired, ValueError) as error:
        return path, None, [str(error)]
    found = [] if old_status == new_status else [f"exit status {old_status}, now {new_status}"]
    if before is None or after is None:
        if before is not after:
            found.append(f"only the {'new' if before is None else 'old'} program reads it")
        return path, None, found
    if version(before) < version(after):
        before, after = renewed(before), without_added(after)
    found += differences(before, after)
    connections = before["connections"]
    findings = sum(len(connection.get("findings", [])) for connection in connections)
    return path, (len(before["events"]), len(connections), findings), found


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    old, new, directories = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
    totals, files, unread, differing = [0, 0, 0], 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, counts, found in pool.map(lambda path: compare(old, new, path), captures(directories)):
            if counts is None:
                unread += 1
            else:
                files += 1
                totals = [total + count for total, count in zip(totals, counts)]
            if found:
                differing += 1
                more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
                print(f"DIFFERS  {path}: {'; '.join(found[:SHOWN])}{more}", flush=True)
    events, connections, findings = totals
    print(f"{files} files compared: {events} events, {connections} connections, {findings} findings; "
          f"{unread} files have no report; {differing} files differ")
    if not files or not events or not connections or not findings:
        print("nothing was compared", file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if differing else 0)


main()
