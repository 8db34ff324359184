#!/bin/bash
# Checks what `make install` puts in place: install.sh STAGE
#
# Installs twice into a folder with other files and removes all; then the folder is as before. The manual pages must be
# without complaints and complete, and each shell must accept its completions.
set -euo pipefail
cd "$(dirname "$0")/../.."
stage=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

echo "== install and uninstall"
export DESTDIR=$work/root
# bin, share and man are there before; only man is empty.
mkdir -p "$DESTDIR/usr/local/bin" "$DESTDIR/usr/local/share/man/man1"
touch "$DESTDIR/usr/local/bin/other"
(cd "$work" && find root | sort) >"$work/before"
Packaging/install.sh install /usr/local "$stage"
Packaging/install.sh install /usr/local "$stage"
(cd "$stage" && find . -type f) | while read -r file; do
    cmp "$stage/$file" "$DESTDIR/usr/local/$file"
done
TOOL=$DESTDIR/usr/local/bin/tcpalive
"$TOOL" --version
Packaging/install.sh uninstall /usr/local
(cd "$work" && find root | sort) | diff "$work/before" - || fail "uninstall does not restore what was there"
! Packaging/install.sh uninstall /usr/local 2>/dev/null || fail "uninstall twice"
# A prefix that does not exist goes again.
Packaging/install.sh install /opt/new/prefix "$stage"
Packaging/install.sh uninstall /opt/new/prefix
[ ! -e "$DESTDIR/opt" ] || fail "uninstall leaves directories"

echo "== manual pages"
TOOL=$stage/bin/tcpalive
for page in "$stage"/share/man/man1/*.1; do
    name=$(basename "$page" .1)
    # Whether the other manuals are installed here does not matter, nor whether mandoc's list of them is up to date.
    mandoc -T lint "$page" 2>/dev/null | grep -v 'referenced manual not found' >"$work/lint" || :
    [ ! -s "$work/lint" ] || fail "mandoc: $(cat "$work/lint")"
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>"$work/warnings" >/dev/null
    [ ! -s "$work/warnings" ] || fail "man: $name: $(cat "$work/warnings")"
    # Every word of the help, beyond the usage, must be in the page.
    command=${name#tcpalive}
    # shellcheck disable=SC2086 # none or one word
    "$TOOL" ${command#-} --help | sed 's/^OVERVIEW: //; /^USAGE/,/^$/d; /^SUBCOMMANDS/,$d; /^[A-Z ]*:$/d' | grep -Eo '[A-Za-z]{3,}' | sort -u >"$work/help"
    LC_ALL=C.UTF-8 MANWIDTH=1000 man --nh -l -E UTF-8 "$page" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' | grep -Eo '[A-Za-z]{3,}' | sort -u >"$work/page"
    missing=$(comm -23 <(tr A-Z a-z <"$work/help" | sort -u) <(tr A-Z a-z <"$work/page" | sort -u) | tr '\n' ' ')
    [ -z "$missing" ] || fail "the page $name lacks: $missing"
    ! LC_ALL=C grep -n '[^ -~	]' "$page" || fail "the page $name has characters beyond ASCII"
done
for section in EXAMPLES "EXIT STATUS"; do
    grep -q "^.Sh $section" "$stage/share/man/man1/tcpalive-analyze.1" || fail "tcpalive-analyze lacks $section"
done
for command in $("$TOOL" --help | sed -n '/^SUBCOMMANDS/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p'); do
    [ -e "$stage/share/man/man1/tcpalive-$command.1" ] || fail "no page tcpalive-$command"
done

echo "== completions"
bash -n "$stage/share/bash-completion/completions/tcpalive"
zsh -n "$stage/share/zsh/site-functions/_tcpalive"
fish --no-execute "$stage/share/fish/vendor_completions.d/tcpalive.fish"
PATH=$PWD/$stage/bin:$PATH bash -c '
    source "$1"
    # The words so far, and what the last one must become.
    expect() {
        local wanted=$1
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMPREPLY=()
        COMP_POINT=${#COMP_LINE}
        _tcpalive "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        [ "${COMPREPLY[*]}" = "$wanted" ] || { echo "bash completes \"$*\" to \"${COMPREPLY[*]}\", not \"$wanted\"" >&2; exit 1; }
    }
    expect analyze tcpalive ana
    expect LICENSE tcpalive analyze LICE
    expect LICENSE tcpalive extract -w LICE
    expect LICENSE tcpalive analyze --html LICE
    expect warning tcpalive analyze --fail-on wa
    expect too_late_for_path tcpalive explain too_l
' bash "$stage/share/bash-completion/completions/tcpalive"
echo "all fine"
