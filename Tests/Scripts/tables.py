#!/usr/bin/env python3
"""Compares the tables (--format csv and tsv) with the JSON of the same capture, cell by cell.

    tables.py TCPALIVE DIRECTORY...

Reads every capture below the directories, alternately as CSV and as TSV, and copies of one capture whose names have commas,
quotes, line breaks, tabs, backslashes and the beginning of a formula, as both. Prints the first differences of each file
and the totals. Exits with 1 on any difference, with 2 if nothing was compared.
"""
import concurrent.futures
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from capture_files import captures

SHOWN = 5
HOSTILE = ("comma,name", 'quote"name', '"', "line\nbreak", "tab\tname", "return\rname", "back\\slash\\n", "=cmd|' C calc'!A0",
           "+1", "-x", "@SUM(1,2)", "semi;colon", " space ", "\x1b[31mred", "=\"a\",\"b\"", "ünïcode ☃")
# The records of each table in the JSON document.
RECORDS = {"events": "events", "connections": "connections", "paths": "paths", "summary": "summary"}


def run(tool, *arguments, folder=None):
    return subprocess.run([tool, "analyze", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=folder, check=False).stdout.decode()


def harmless(text):
    """No text begins like a formula; only names of files could."""
    return "./" + text if len(text.encode()) > 1 and text[0] in "=+-@" else text


def printable(text):
    return re.sub("[\x00-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def unescaped(cell):
    """The text of a TSV cell."""
    letters = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    return re.sub(r"\\(x[0-9a-f]{2}|.)", lambda found: letters.get(found[1]) or chr(int(found[1][1:], 16)), cell)


def texts(value):
    """The text of a scalar in a table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(value) if isinstance(value, str) else str(value)


def cells(record):
    """The cells of a JSON record, by column."""
    row = {}
    for name, value in record.items():
        if name == "type":
            continue
        if isinstance(value, dict):
            row.update({f"{name}_{key}": texts(number) for key, number in value.items()})
        elif isinstance(value, list) and (name in ("findings", "damaged")):
            row[name] = str(len(value))
        elif isinstance(value, list):
            row[name] = harmless(";".join(texts(item) for item in value))
        else:
            row[name] = texts(value)
    return row


def parsed(text, syntax):
    """The columns and the rows of a table; raises ValueError if it is not rectangular."""
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line does not end")
    if syntax == "csv":
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        if len(rows) != len(lines):
            raise ValueError("a row has several lines")
    else:
        rows = [[unescaped(cell) for cell in line.split("\t")] for line in lines]
    if any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("a row has more or fewer cells than the header")
    return rows[0], rows[1:]


def differences(tool, file, syntax, folder=None, thorough=True):
    """(cells compared, a line for each difference) of one capture; no cells if it cannot be read.

    Unless `thorough`, an empty table of paths and the summary are left out.
    """
    text = run(tool, "--format", "json", "--connections", "all", file, folder=folder)
    if not text:
        return 0, []
    document = json.loads(text, parse_float=str)
    compared, wrong = 0, []
    for records, member in RECORDS.items():
        if records in ("paths", "summary") and not document.get("paths") and not thorough:
            continue
        more = ["--connections", "all"] if records in ("connections", "paths") else []
        table = run(tool, "--format", syntax, "--records", records, *more, file, folder=folder)
        try:
            columns, rows = parsed(table, syntax)
        except (ValueError, csv.Error, IndexError) as error:
            wrong.append(f"{records}: {error}")
            continue
        found = document.get(member, [])
        found = [cells(record) for record in (found if isinstance(found, list) else [found])]
        if len(rows) != len(found):
            wrong.append(f"{records}: {len(rows)} rows, {len(found)} records")
        for number, (row, record) in enumerate(zip(rows, found), 1):
            missing = record.keys() - set(columns)
            if missing:
                wrong.append(f"{records} {number}: no column {', '.join(sorted(missing))}")
            for column, cell in zip(columns, row):
                expected = record.get(column, "")
                expected = printable(expected) if syntax == "csv" else expected
                compared += 1
                if cell != expected:
                    wrong.append(f"{records} {number}: {column} is {cell!r}, in JSON {expected!r}")
    return compared, wrong


def hostile(tool, original):
    """(cells compared, differences) of copies of the capture `original` with hostile names."""
    compared, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name in HOSTILE:
            shutil.copy(original, os.path.join(folder, name))
            # A name that begins with a hyphen is an option unless -- comes first.
            for syntax in ("csv", "tsv"):
                file = name if not name.startswith("-") else os.path.join(".", name)
                count, found = differences(tool, file, syntax, folder, thorough=False)
                compared += count
                wrong += [f"{name!r}: {line}" for line in found]
                if not count:
                    wrong.append(f"{name!r}: not read")
    return compared, wrong


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tool, paths = os.path.abspath(sys.argv[1]), list(captures(sys.argv[2:]))
    total, files, differing = 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(path, pool.submit(differences, tool, path, ("csv", "tsv")[index % 2], thorough=index % 8 < 2))
                for index, path in enumerate(paths)]
        plain = next((path for path in paths if path.endswith("dead-peer-5-3-4.pcap")), None)
        if plain:
            jobs.append(("hostile names", pool.submit(hostile, tool, plain)))
        for path, job in jobs:
            compared, wrong = job.result()
            total += compared
            files += compared > 0
            if wrong:
                differing += 1
                more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
                print(f"DIFFERS  {path}: {'; '.join(wrong[:SHOWN])}{more}")
    print(f"{files} files, {total} cells compared, {differing} files differ")
    if not plain or not total:
        print("nothing was compared", file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if differing else 0)


main()
