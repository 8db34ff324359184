#!/usr/bin/env python3
"""Compares the results of two builds of tcpalive, for every capture below the directories.

    compare.py OLD NEW DIRECTORY...

Both programs analyze each capture, all connections included, and write JSON. Everything in it is compared (events with
their marks and kinds, connections with their settings and findings, paths, the summary), and the exit status. Only
wording may differ: sentences, advice and other texts for people. Prints the first differences of each file and the
totals. Exits with 1 on any difference, with 2 if nothing was compared.
"""
import concurrent.futures
import json
import os
import subprocess
import sys

from capture_files import captures

# Fields whose values are texts for people.
WORDING = {"sentence", "advice", "icmp_text", "reason", "tolerance"}
# Values that have a new name.
RENAMED = {"one_octet": "one_byte"}
SHOWN = 5
SECONDS = 600


def analyze(tool, path):
    """The exit status and the document of one capture; None if there is no document."""
    command = [tool, "analyze", "--format", "json", "--connections", "all", path]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         timeout=SECONDS, check=False)
    return run.returncode, json.loads(run.stdout) if run.stdout else None


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
        yield f"{where}: {json.dumps(old)}, now {json.dumps(new)}"


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
