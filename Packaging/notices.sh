#!/bin/sh
# Prints the licenses of what `make dist` links statically, as Debian and Swift ship them.
set -eu

cat <<END
libseccomp is under the GNU Lesser General Public License, version 2.1: to use another version of it, install that version
and build this binary again, with \`make dist\` in the sources of tcpalive.

END

for file in /usr/share/doc/libpcap0.8/copyright /usr/share/doc/zlib1g/copyright /usr/share/doc/libzstd1/copyright \
    /usr/share/doc/liblzma5/copyright /usr/share/doc/liblz4-1/copyright /usr/share/doc/libseccomp2/copyright \
    /usr/share/doc/libncursesw6/copyright \
    /usr/share/doc/libstdc++6/copyright \
    "$(dirname "$(readlink -f "$(command -v swift)")")/../share/swift/LICENSE.txt"; do
    if [ -e "$file" ]; then
        printf '==== %s\n\n' "$file" | sed 's,/usr/share/doc/\([^/]*\)/copyright,\1,; s,/.*LICENSE.txt,Swift; swift-argument-parser,'
        cat "$file"
        echo
    fi
done
