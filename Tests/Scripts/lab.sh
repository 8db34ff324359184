#!/bin/sh
# The dead-peer scene on a terminal: lab.sh TCPALIVE
#
# Two network namespaces: a listener in one, a client with --verify in the other. When they are connected, the peer drops
# everything that it receives. The namespaces are removed at the end.
#
# Without root it uses a user namespace, if the system allows that.
set -eu
# Only root's PATH has these.
PATH=$PATH:/usr/sbin:/sbin

tool=$(realpath "$1")
if [ "$(id -u)" != 0 ]; then
    unshare -Urnm mount -t tmpfs tmpfs /run 2>/dev/null || {
        echo "make lab needs network namespaces, which this user may not create: run it as root (sudo make lab)" >&2
        exit 2
    }
    exec unshare -Urnm "$0" "$tool" --inside
fi
# ip(8) keeps its namespaces in /run/netns, and this user cannot write to /run. Nothing else in /run is needed.
[ "${2:-}" != --inside ] || mount -t tmpfs tmpfs /run

prober=tcpalive-lab-$$-a
peer=tcpalive-lab-$$-b
listener=
observer=
cleaner() {
    [ -z "$observer" ] || kill -INT "$observer" 2>/dev/null || true
    [ -z "$listener" ] || kill "$listener" 2>/dev/null || true
    ip netns del "$prober" 2>/dev/null || true
    ip netns del "$peer" 2>/dev/null || true
}
trap cleaner EXIT
trap 'exit 130' INT TERM

ip netns add "$prober"
ip netns add "$peer"
ip link add va netns "$prober" type veth peer name vb netns "$peer"
ip -n "$prober" addr add 10.9.0.1/24 dev va
ip -n "$peer" addr add 10.9.0.2/24 dev vb
for side in "$prober va" "$peer vb"; do
    # shellcheck disable=SC2086 # a namespace and its interface
    set -- $side
    ip -n "$1" link set lo up
    ip -n "$1" link set "$2" up
done

fifo=$(mktemp -u)
mkfifo "$fifo"
# Open for reading and writing, so that the listener never writes to a closed pipe.
exec 3<>"$fifo"
rm "$fifo"

# Waits for a line with the words $1, and prints it; sentences about the sandbox may come before.
wait_for() {
    while read -r line <&3; do
        case $line in *"$1"*) break ;; esac
    done
    echo "peer:   $line"
}
ip netns exec "$peer" "$tool" listen 10.9.0.2 5001 >&3 &
listener=$!
wait_for Listening

# The prober's events: the time and the words after the segment.
ip netns exec "$prober" "$tool" watch -i va --immediate --no-processes 2>&3 |
    sed -un 's/^ *[0-9]*  \([0-9:.]*\) .*length [0-9]*  /wire:   \1 /p' &
filter=$!
wait_for capturing
observer=$(ip netns pids "$prober")

set -- client --verify --idle 3 --interval 1 --count 4 --tick 1 10.9.0.2 5001
echo "prober: tcpalive $*"
ip netns exec "$prober" "$tool" "$@" </dev/null &
client=$!
# The listener's next line means that the client is connected. From now on the peer receives nothing.
wait_for ' from '
ip netns exec "$peer" nft 'add table inet lab; add chain inet lab in { type filter hook input priority 0; }'
ip netns exec "$peer" nft 'add rule inet lab in meta l4proto tcp drop'
echo "peer:   drops everything that it receives"
status=0
wait "$client" || status=$?
kill -INT "$observer"
wait "$filter"
observer=
exit "$status"
