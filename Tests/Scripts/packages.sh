#!/bin/bash
# Tries a package where there is no Swift and no compiler: in a bare Debian of its own, made with mmdebstrap.
#
#     packages.sh deb TOOL FILE.deb          installs the package in Debian 12, runs README's examples, and removes it
#     packages.sh dist TOOL TARBALL.tar.gz   runs the binary in Debian 12 and 13 with nothing else installed
#
# The reports must be those of TOOL, which runs outside. The bare systems are kept in .build-roots.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "packages.sh: chroot(8) needs root" >&2; exit 2; }
# The mounts below disappear with the namespace.
[ -n "${UNSHARED-}" ] || UNSHARED=1 exec unshare --mount --propagation private "$0" "$@"
kind=$1 tool=$2 file=$3
[[ $tool = /* ]] || tool=$PWD/$tool
work=$(mktemp -d)
trap 'remove "$work"' EXIT

# Removes the folder $1, in which there may be a mounted /proc.
remove() {
    umount "$1"/proc "$1"/*/proc "$1"/sys "$1"/*/sys 2>/dev/null || :
    rm -rf --one-file-system "$1"
}

fail() {
    echo "packages.sh: $*" >&2
    exit 1
}

# Unpacks a bare Debian $1 into $root.
unpack() {
    root=$work/$1
    if [ ! -e ".build-roots/$1.tar" ]; then
        mkdir -p .build-roots
        timeout 600 mmdebstrap --quiet --mode=root --format=tar --variant=minbase "$1" ".build-roots/$1.tar.new" >&2
        mv ".build-roots/$1.tar.new" ".build-roots/$1.tar"
    fi
    mkdir "$root"
    tar -C "$root" -xf ".build-roots/$1.tar" --exclude='./dev/*'
    # The programs may want to discard output.
    mknod -m 666 "$root/dev/null" c 1 3
    # Swift takes the command line from there.
    mount -t proc proc "$root/proc"
    for program in swift gcc clang; do
        ! chroot "$root" sh -c "command -v $program" || fail "$1 has $program"
    done
}

inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LC_ALL=C.UTF-8 "$@"
}

# Runs the command $1 in the bare system on captures of each format, and compares its reports with those of TOOL.
compare_reports() {
    local command=$1 capture format
    shift
    mkdir "$root/captures"
    compared=0 seen=
    for capture in captures/scenes/*.pcap captures/formats/compressed.pcap.*; do
        case $capture in
        *.expected | *.marks) continue ;;
        esac
        cp "$capture" "$root/captures"
        (cd "$(dirname "$capture")" && TZ=UTC "$tool" analyze "$(basename "$capture")") >"$work/expected"
        inside sh -c "cd /captures && $command analyze $(basename "$capture")" >"$work/actual"
        diff "$work/expected" "$work/actual" || fail "the report of $capture differs"
        compared=$((compared + 1))
        seen="$seen ${capture##*.}"
    done
    rm -r "$root/captures"
    for format in "$@"; do
        [[ " $seen " = *" $format "* ]] || fail "no capture in the format $format was read"
    done
    inside "$command" -V
    [ "$(inside "$command" -V | sed -n 1p)" = "$("$tool" -V | sed -n 1p)" ] || fail "another version"
    echo "$(basename "$root"): $compared reports agree"
}

# Runs the examples of README.md with the tcpalive of the bare system. Their shell and their directory are outside.
run_readme() {
    local here=$PWD existing=$PWD
    while [ ! -d "$root$existing" ]; do existing=$(dirname "$existing"); done
    mkdir -p "$root/scratch" "$root$PWD"
    cp -R captures "$root$PWD"
    # libpcap finds the interfaces there.
    mount -t sysfs sysfs "$root/sys"
    cat >"$work/tcpalive" <<SCRIPT
#!/bin/bash
case \$PWD in
"$root"*) directory=\${PWD#"$root"} ;;
*) directory=/ ;;
esac
# Examples have process ids of their own, and so a /proc of their own.
exec unshare --mount --propagation private sh -c \\
    'root=\$1 directory=\$2; shift 2; mount -t proc proc "\$root/proc" && exec chroot "\$root" env -C "\$directory" tcpalive "\$@"' \\
    sh "$root" "\$directory" "\$@"
SCRIPT
    chmod +x "$work/tcpalive"
    TMPDIR=$root/scratch python3 Tests/Scripts/documentation.py --all "$work/tcpalive" README.md || fail "README's examples differ"
    umount "$root/sys"
    rm -r "$root/scratch" "$root$PWD/captures"
    (cd "$root" && rmdir -p --ignore-fail-on-non-empty "${here#/}" && mkdir -p ".$existing")
}

# The names of all files, except those of apt and dpkg themselves.
files() {
    (cd "$root" && find . -path ./proc -prune -o -path ./var/lib/apt -prune -o -path ./var/lib/dpkg -prune -o -path ./var/cache -prune \
        -o -path ./var/log -prune -o -print | LC_ALL=C sort)
}

case $kind in
deb)
    unpack bookworm
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # No service may start in a chroot.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    inside apt-get -q update >/dev/null
    files >"$work/before"
    cp "$file" "$root/var/cache/tcpalive.deb"
    # Not what its dependencies recommend: dbus, for one, leaves files of its own behind.
    inside env DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -q -y --no-install-recommends install \
        /var/cache/tcpalive.deb >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; fail "the package cannot be installed"; }
    compare_reports tcpalive pcap gz zst xz lz4
    run_readme
    inside dpkg --verify tcpalive
    inside dpkg -L tcpalive
    inside env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o APT::AutoRemove::SuggestsImportant=false \
        autoremove --purge tcpalive >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the package cannot be removed"; }
    files >"$work/after"
    diff "$work/before" "$work/after" || fail "the package left files behind, or removed some"
    echo "removed: nothing is left behind"
    ;;
dist)
    for suite in bookworm trixie; do
        unpack "$suite"
        mkdir -p "$root/opt"
        tar -C "$root/opt" -xf "$file"
        for library in libpcap libzstd; do
            [ -z "$(find "$root" -xdev -name "$library.so*")" ] || echo "$suite has $library"
        done
        compare_reports "/opt/$(basename "$file" .tar.gz)/bin/tcpalive" pcap gz zst xz lz4
        remove "$root"
    done
    ;;
*) fail "deb or dist?" ;;
esac
