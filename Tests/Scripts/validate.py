#!/usr/bin/env python3
"""Validates JSON by a schema: validate.py SCHEMA FILE...  A file is one document (.json) or has one per line (.jsonl).

Prints each error with its position. Exits with 1 if there is one.
"""
import json
import sys

import jsonschema


def main():
    with open(sys.argv[1]) as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = records = 0
    for path in sys.argv[2:]:
        with open(path) as file:
            texts = file.read().splitlines() if path.endswith(".jsonl") else [file.read()]
        for number, text in enumerate(texts, 1):
            records += 1
            for error in validator.iter_errors(json.loads(text)):
                # The errors of the branches of oneOf are more precise than "not valid under any".
                for reason in error.context or [error]:
                    print(f"{path}:{number}: {reason.json_path}: {reason.message}")
                wrong += 1
    print(f"{records} records, {wrong} wrong")
    sys.exit(1 if wrong or not records else 0)


main()
