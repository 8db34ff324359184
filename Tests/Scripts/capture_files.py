"""The captures below directories, for the scripts that read all of them."""
import os

# What lies beside captures and is none.
OTHER_FILES = (".md", ".tsv", ".expected", ".marks", ".txt", ".py", ".sh", ".c")


def captures(directories):
    """The paths of all captures below the directories, in order."""
    for directory in directories:
        for folder, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                if not name.endswith(OTHER_FILES):
                    yield os.path.join(folder, name)
