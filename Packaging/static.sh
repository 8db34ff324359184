#!/bin/sh
# Prepares a folder for a link that needs nothing but glibc: static.sh FOLDER
#
# The folder gets the static libraries, pkg-config's files that name them, and static.o. As the shared libraries are elsewhere,
# a linker that searches this folder first finds the static ones.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)

# Copies the static library $1 of the system under the name $2.
library() {
    file=$(gcc -print-file-name="$1")
    [ -e "$file" ] || { echo "make dist: $1 is missing" >&2; exit 2; }
    cp "$file" "$folder/$2"
}

library libpcap.a libpcap.a
# Debian's can also capture the messages of D-Bus, and read from RDMA devices, for which it needs more libraries. static.c has
# functions in place of these two parts.
ar d "$folder/libpcap.a" pcap-dbus.o pcap-rdmasniff.o || :
library libz.a libz.a
library libzstd.a libzstd.a
library liblzma.a liblzma.a
library liblz4.a liblz4.a
library libseccomp.a libseccomp.a
library libncursesw.a libncursesw.a
library libtinfo.a libtinfo.a
library libstdc++.a libstdc++.a
# What programs use of libgcc_s.so.
library libgcc_eh.a libgcc_s.a

for package in libpcap:pcap zlib:z libzstd:zstd liblzma:lzma liblz4:lz4 libseccomp:seccomp; do
    name=${package%:*}
    # Only the linking changes: other compiler flags would compile everything again.
    sed -e "s,^Libs:.*,Libs: -L$folder -l${package#*:}," -e '/^Libs.private/d' \
        "$(pkg-config --variable=pcfiledir "$name")/$name.pc" >"$folder/$name.pc"
done
gcc -O2 -Wno-builtin-declaration-mismatch -c "$here/static.c" -o "$folder/static.o"
