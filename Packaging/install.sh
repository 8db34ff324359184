#!/bin/sh
# Copies the files below STAGE to DESTDIR/PREFIX, and removes exactly them again.
#
#     install.sh install PREFIX STAGE
#     install.sh uninstall PREFIX
#
# PREFIX/share/tcpalive/installed lists the files and the directories that were made, without DESTDIR (from the environment).
set -eu

root=${DESTDIR-}
prefix=${2-}
installed=$prefix/share/tcpalive/installed

# Makes the directory $1 and those above it, and lists the new ones.
directory() {
    [ ! -d "$root$1" ] || return 0
    directory "$(dirname "$1")"
    mkdir "$root$1"
    chmod 755 "$root$1"
    echo "$1/" >>"$list"
}

case "${1-}-$#" in
install-3)
    list=$(mktemp)
    trap 'rm -f "$list"' EXIT
    # What an earlier installation made is ours, too.
    [ ! -e "$root$installed" ] || cat "$root$installed" >"$list"
    (cd "$3" && find . -type f) | sed 's,^\./,,' | sort | while read -r file; do
        directory "$(dirname "$prefix/$file")"
        mode=644
        [ ! -x "$3/$file" ] || mode=755
        # A running program can be replaced, not overwritten.
        cp "$3/$file" "$root$prefix/$file.new"
        chmod $mode "$root$prefix/$file.new"
        mv "$root$prefix/$file.new" "$root$prefix/$file"
        echo "$prefix/$file" >>"$list"
    done
    directory "$(dirname "$installed")"
    echo "$installed" >>"$list"
    sort -u "$list" >"$root$installed"
    chmod 644 "$root$installed"
    echo "Installed below $root$prefix; \`make uninstall PREFIX=$prefix\` removes it again"
    case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) echo "$prefix/bin is not in PATH: add it to run tcpalive by its name" ;;
    esac
    ;;
uninstall-2)
    if [ ! -e "$root$installed" ]; then
        echo "tcpalive is not installed below $root$prefix (no file $root$installed): give the PREFIX of make install" >&2
        exit 2
    fi
    # In reverse order, what is in a directory precedes the directory.
    sort -r "$root$installed" | while read -r path; do
        case "$path" in
        */) rmdir "$root$path" 2>/dev/null || : ;;
        *) rm -f "$root$path" ;;
        esac
    done
    ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 64
    ;;
esac
