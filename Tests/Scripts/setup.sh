#!/bin/sh
# Installs the missing packages: setup.sh PACKAGE...  (Debian's names; Homebrew's if they differ.)
#
# If nothing is missing, it uses no network. It uses sudo only if the user is not root.
set -eu

installed() {
    case "$1" in
    libpcap-dev) pkg-config --exists libpcap 2>/dev/null || [ -e /usr/include/pcap/pcap.h ] ;;
    zlib1g-dev) pkg-config --exists zlib 2>/dev/null || [ -e /usr/include/zlib.h ] ;;
    libzstd-dev) pkg-config --exists libzstd 2>/dev/null || [ -e /usr/include/zstd.h ] ;;
    liblzma-dev) pkg-config --exists liblzma 2>/dev/null || [ -e /usr/include/lzma.h ] ;;
    liblz4-dev) pkg-config --exists liblz4 2>/dev/null || [ -e /usr/include/lz4frame.h ] ;;
    libseccomp-dev) pkg-config --exists libseccomp 2>/dev/null || [ -e /usr/include/seccomp.h ] ;;
    libncurses-dev) pkg-config --exists ncursesw 2>/dev/null || [ -e /usr/include/ncursesw/curses.h ] ;;
    pkg-config) command -v pkg-config >/dev/null ;;
    python3-jsonschema) python3 -c 'import jsonschema' 2>/dev/null ;;
    iproute2) [ -e /usr/sbin/ip ] || [ -e /usr/bin/ip ] || [ -e /sbin/ip ] ;;
    nftables) [ -e /usr/sbin/nft ] ;;
    procps) [ -e /usr/sbin/sysctl ] || [ -e /sbin/sysctl ] ;;
    xz-utils) command -v xz >/dev/null ;;
    poppler-utils) command -v pdftotext >/dev/null ;;
    python3-venv) python3 -c "import ensurepip, venv" 2>/dev/null ;;
    libc-dev) [ -e /usr/include/stdio.h ] ;;
    util-linux) command -v taskset >/dev/null ;;
    binutils) command -v strip >/dev/null ;;
    debhelper) command -v dh >/dev/null ;;
    dpkg-dev) command -v dpkg-buildpackage >/dev/null ;;
    redis-tools) command -v redis-cli >/dev/null ;;
    postgresql-client) command -v psql >/dev/null ;;
    golang-go) command -v go >/dev/null ;;
    default-jdk-headless) command -v javac >/dev/null ;;
    man-db) command -v man >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

if ! command -v swift >/dev/null; then
    echo "Swift is missing: install Swift 6.3 or later from https://www.swift.org/install" >&2
    exit 2
fi

missing=
for package in "$@"; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(uname)" = Darwin ]; then
    # macOS has libpcap, zlib and a C library; the other packages have Homebrew's names.
    for package in $missing; do
        case "$package" in
        libpcap-dev | zlib1g-dev | libc-dev | util-linux | binutils | gcc | man-db) ;;
        libzstd-dev) brew install zstd ;;
        xz-utils | liblzma-dev) brew install xz ;;
        liblz4-dev) brew install lz4 ;;
        poppler-utils) brew install poppler ;;
        tshark) brew install wireshark ;;
        chromium) brew install --cask chromium ;;
        python3-jsonschema) python3 -m pip install --user jsonschema ;;
        *) brew install "$package" ;;
        esac
    done
    exit 0
fi

# Another Python than Debian's, as of pyenv or in a virtual environment, does not see the modules that apt installs.
case "$missing " in
*" python3-jsonschema "*)
    if command -v python3 >/dev/null && [ "$(python3 -c 'import sys; print(sys.prefix)')" != /usr ]; then
        echo "Installing jsonschema with pip for $(command -v python3)" >&2
        python3 -m pip install -q jsonschema >&2
        missing=$(echo "$missing " | sed 's/ python3-jsonschema / /')
    fi
    ;;
esac
[ -n "${missing# }" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing$missing with apt" >&2
$sudo apt-get update -q >&2
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends $missing >&2
