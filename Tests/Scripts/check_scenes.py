#!/usr/bin/env python3
"""Compares the verdicts and findings of tcpalive with scene_truth.tsv.

    check_scenes.py TCPALIVE DIRECTORY [TABLE]

For each row it analyzes the capture of that name in DIRECTORY or its folders. The expected verdict is that of the connection with the most severe
finding (failure, warning, notice, ok; the first connection if several are equal), or of connection N if the column
starts with `stream=N`. `a|b` accepts either, `-` accepts any. Forbidden names must not be among the findings of any
connection; `name@N` forbids it for connection N only. Prints a line per mismatch and exits with status 1 if there is
one, if a file is missing or if no row was checked.
"""
import json
import os
import subprocess
import sys

from capture_files import captures

SEVERITIES = ("ok", "notice", "warning", "failure")


def rows(path):
    """(file, stream or None, accepted verdicts or None, forbidden names) of the table."""
    with open(path, encoding="utf-8") as table:
        for number, text in enumerate(table, 1):
            if text.startswith("#") or not text.strip():
                continue
            fields = text.rstrip("\n").split("\t")
            if len(fields) != 4:
                sys.exit(f"{path}:{number}: four columns expected")
            file, expected, forbidden, _ = fields
            stream = None
            if expected.startswith("stream="):
                pinned, expected = expected.split(" ", 1)
                stream = int(pinned.removeprefix("stream="))
            yield (file, stream, None if expected == "-" else set(expected.split("|")),
                   set() if forbidden == "-" else set(forbidden.split(",")))


def connections(tool, path):
    """The connection records of a capture, or a sentence about what went wrong."""
    run = subprocess.run([tool, "analyze", "--format", "jsonl", "--connections", "all", path],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    try:
        records = [json.loads(text) for text in run.stdout.splitlines()]
    except ValueError:
        return f"output is not JSON lines (status {run.returncode})"
    found = [record for record in records if record.get("type", "").startswith("tcpalive.connection")]
    return found or f"no connection (status {run.returncode}) {run.stderr.strip()}"


def severity(record):
    return SEVERITIES.index(record["severity"])


def problems(records, stream, accepted, forbidden):
    out = []
    for record in records:
        if "findings" not in record:
            return ["a connection record has no findings"]
        findings = record["findings"]
        names = [finding["name"] for finding in findings]
        if record["verdict"] not in names:
            out.append(f"connection {record.get('connection')}: {record['verdict']} is not among its findings")
        elif severity(record) != max(severity(finding) for finding in findings):
            out.append(f"connection {record.get('connection')}: its verdict is not its most severe finding")
        pinned = {f"{name}@{record.get('connection')}": name for name in names}
        for name in sorted(forbidden & (set(names) | set(pinned))):
            out.append(f"connection {record.get('connection')}: {name} must not be found")
    if stream is not None:
        records = [record for record in records if record.get("connection") == stream]
        if not records:
            return [*out, f"no connection {stream}"]
    verdict = max(records, key=severity)["verdict"]  # the first of equals
    if accepted is not None and verdict not in accepted:
        out.append(f"expected {' or '.join(sorted(accepted))}, got {verdict}")
    return out


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    tool, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    here = os.path.dirname(os.path.abspath(__file__))
    table = sys.argv[3] if len(sys.argv) == 4 else os.path.join(here, "scene_truth.tsv")
    paths = {os.path.basename(path): path for path in captures([directory])}
    checked, failed, answers = 0, 0, {}
    for file, stream, accepted, forbidden in rows(table):
        label = file if stream is None else f"{file} stream {stream}"
        if file not in paths:
            print(f"{label}: missing")
            failed += 1
            continue
        if file not in answers:
            answers[file] = connections(tool, paths[file])
        found = answers[file]
        for problem in [found] if isinstance(found, str) else problems(found, stream, accepted, forbidden):
            print(f"{label}: {problem}")
            failed += 1
        checked += 1
    print(f"{checked} rows checked, {failed} mismatches")
    sys.exit(1 if failed or not checked else 0)


main()
