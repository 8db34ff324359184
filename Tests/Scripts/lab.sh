#!/bin/sh
# The dead-peer scene on a terminal: lab.sh TCPALIVE
#
# Two network namespaces, a listener in one and a client that verifies itself in the other; after a second the peer
# drops what comes to it. Everything made here is gone at the end.
#
# Who is not root gets it in a user namespace of its own, where the system allows that.
set -eu
# What only root has in its path.
PATH=$PATH:/usr/sbin:/sbin

tool=$(realpath "$1")
if [ "$(id -u)" != 0 ]; then
    unshare -Urnm mount -t tmpfs tmpfs /run 2>/dev/null || {
        echo "make lab makes network namespaces, which this user may not here: run it as root (sudo make lab)" >&2
        exit 2
    }
    exec unshare -Urnm "$0" "$tool" --inside
fi
# ip(8) keeps its namespaces in /run/netns, and /run is not this user's; the rest of it is not needed.
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
# Open for both, so that the listener may go on writing.
exec 3<>"$fifo"
rm "$fifo"
ip netns exec "$peer" "$tool" listen 10.9.0.2 5001 >&3 &
listener=$!
read -r line <&3
echo "peer:   $line"

# What passes at the prober: the time and what is behind the segment, of each event.
ip netns exec "$prober" "$tool" watch -i va --immediate 2>&3 |
    sed -un 's/^ *[0-9]*  \([0-9:.]*\) .*length [0-9]*  /wire:   \1 /p' &
sieve=$!
read -r line <&3
observer=$(ip netns pids "$prober")

set -- client --verify --idle 3 --interval 1 --count 4 --tick 1 10.9.0.2 5001
echo "prober: tcpalive $*"
ip netns exec "$prober" "$tool" "$@" </dev/null &
client=$!
# The listener's next line says that the client is there: now the peer hears nothing more.
read -r line <&3
echo "peer:   $line"
ip netns exec "$peer" nft 'add table inet lab; add chain inet lab in { type filter hook input priority 0; }'
ip netns exec "$peer" nft 'add rule inet lab in meta l4proto tcp drop'
echo "peer:   drops all that comes to it"
status=0
wait "$client" || status=$?
kill -INT "$observer"
wait "$sieve"
observer=
exit "$status"
