#!/bin/sh
# Runs a command on a host in a network of two: two-hosts.sh COMMAND...
#
# Both hosts are network namespaces: the host has eth0 with 192.0.2.10, the peer eth0 with 192.0.2.20. On the host there are
#   peer COMMAND...   to run a command on the peer
#   peer-dies         from now on the peer receives nothing and sends nothing
#   peer-rejects      from now on the peer answers TCP with ICMP host unreachable
#   peer-forgets N    from now on the peer has a firewall that forgets connections after N seconds
# All processes end with the command, and the namespaces with them. Without root it uses a user namespace.
set -eu
# Only root's PATH has these.
PATH=$PATH:/usr/sbin:/sbin

if [ "${1:-}" != --inside ]; then
    user=
    [ "$(id -u)" = 0 ] || user=-Ur
    # shellcheck disable=SC2086 # no word, or one
    exec unshare $user -nm --pid --fork --kill-child --mount-proc "$0" --inside "$@"
fi
shift

# ip(8) keeps its namespaces in /run/netns. This /run is seen by this command only.
mount -t tmpfs tmpfs /run
mkdir /run/bin
PATH=$PATH:/run/bin
ip netns add peer
ip link add eth0 type veth peer name eth0 netns peer
ip addr add 192.0.2.10/24 dev eth0
ip -n peer addr add 192.0.2.20/24 dev eth0
for arguments in "" "-n peer"; do
    # shellcheck disable=SC2086 # no word, or two
    ip $arguments link set lo up
    # shellcheck disable=SC2086
    ip $arguments link set eth0 up
done
cat >/run/bin/peer <<'END'
#!/bin/sh
exec ip netns exec peer "$@"
END
cat >/run/bin/peer-dies <<'END'
#!/bin/sh
ip netns exec peer nft 'add table inet dead
    add chain inet dead in { type filter hook input priority 0; policy drop; }
    add chain inet dead out { type filter hook output priority 0; policy drop; }'
END
cat >/run/bin/peer-rejects <<'END'
#!/bin/sh
ip netns exec peer nft 'add table inet rejecting
    add chain inet rejecting in { type filter hook input priority 0; }
    add rule inet rejecting in meta l4proto tcp reject with icmp host-unreachable'
END
cat >/run/bin/peer-forgets <<'END'
#!/bin/sh
ip netns exec peer nft 'add table inet forgetting
    add chain inet forgetting in { type filter hook input priority 0; policy drop; }
    add rule inet forgetting in ct state established accept
    add rule inet forgetting in tcp flags & (syn | ack) == syn accept'
ip netns exec peer sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 net.netfilter.nf_conntrack_tcp_timeout_established="$1"
END
chmod +x /run/bin/*
"$@"
