#!/bin/sh
# Prints the licenses of what `make dist` links statically, as Debian and Swift ship them.
set -eu

for file in /usr/share/doc/libpcap0.8/copyright /usr/share/doc/zlib1g/copyright /usr/share/doc/libzstd1/copyright \
    /usr/share/doc/liblzma5/copyright /usr/share/doc/liblz4-1/copyright /usr/share/doc/libstdc++6/copyright \
    "$(dirname "$(readlink -f "$(command -v swift)")")/../share/swift/LICENSE.txt"; do
    if [ -e "$file" ]; then
        printf '==== %s\n\n' "$file" | sed 's,/usr/share/doc/\([^/]*\)/copyright,\1,; s,/.*LICENSE.txt,Swift; swift-argument-parser,'
        cat "$file"
        echo
    fi
done
