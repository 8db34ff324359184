#!/usr/bin/env python3
"""Fails if the files of a module depend on one another in a cycle.

    cycles.py [MODULE...]

A file depends on the file that declares a type whose name it mentions outside comments and strings. Only types that are
declared at the top level count, and each module is looked at alone. Prints the files of each cycle and the names by which
they depend on one another.
"""
import collections
import pathlib
import re
import sys

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources"
DECLARATION = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private|final|indirect|nonisolated)\s+)*"
    r"(?:struct|class|enum|actor|protocol|typealias)\s+([A-Z]\w*)", re.MULTILINE)
IGNORED = re.compile(
    r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/')


def dependencies(module):
    """What each file of `module` depends on: {file: {other file: names}}."""
    texts = {path: IGNORED.sub(" ", path.read_text()) for path in sorted(module.rglob("*.swift"))}
    owners = {}
    for path, text in texts.items():
        for name in DECLARATION.findall(text):
            owners.setdefault(name, path)
    graph = {}
    for path, text in texts.items():
        graph[path] = collections.defaultdict(set)
        for name in set(re.findall(r"\b[A-Z]\w*", text)) & set(owners):
            if owners[name] != path:
                graph[path][owners[name]].add(name)
    return graph


def cycles(graph):
    """The groups of files that can reach one another."""
    def reachable(start):
        seen, pending = set(), [start]
        while pending:
            for other in graph[pending.pop()]:
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
        return seen

    reached = {path: reachable(path) for path in graph}
    groups = []
    for path in graph:
        if path in reached[path] and not any(path in group for group in groups):
            groups.append(sorted(other for other in graph if other in reached[path] and path in reached[other]))
    return groups


def main():
    modules = sorted(path for path in SOURCES.iterdir() if any(path.rglob("*.swift")))
    found = 0
    for module in modules:
        if sys.argv[1:] and module.name not in sys.argv[1:]:
            continue
        graph = dependencies(module)
        for group in cycles(graph):
            found += 1
            print(f"{module.name}: {len(group)} files depend on one another:")
            for path in group:
                for other in group:
                    if names := graph[path].get(other):
                        print(f"  {path.stem} -> {other.stem}: {', '.join(sorted(names))}")
    sys.exit(f"{found} cycles" if found else 0)


main()
