// Packet sockets (packet(7)), whose headers Swift does not import. Only on Linux.
#pragma once

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/// Makes the kernel deliver no more packets to `descriptor` (SO_ATTACH_FILTER with a filter that rejects all, socket(7)).
///
/// Packets in its ring stay there. libpcap does not know about the filter.
static inline int tcpalive_accept_no_more(int descriptor) {
    struct sock_filter reject = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {1, &reject};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/// Removes the filter of tcpalive_accept_no_more, so all packets are delivered (SO_DETACH_FILTER, socket(7)).
static inline int tcpalive_accept_all(int descriptor) {
    int ignored = 0;
    return setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
}

/// Whether the interface `name` in the namespace of `descriptor` is known to be down (SIOCGIFFLAGS, netdevice(7)).
static inline int tcpalive_is_down(int descriptor, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) == 0;
}

/// Stores the name of the interface `index` in `name`, which has room for IF_NAMESIZE bytes; -1 if there is none.
static inline int tcpalive_interface_name(int descriptor, unsigned index, char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_ifindex = (int)index;
    if (ioctl(descriptor, SIOCGIFNAME, &request) != 0) return -1;
    memcpy(name, request.ifr_name, IF_NAMESIZE);
    name[IF_NAMESIZE - 1] = 0;
    return 0;
}

/// Makes the kernel omit packets that this host sends (PACKET_IGNORE_OUTGOING, Linux 4.20): the duplicates on loopback.
static inline int tcpalive_ignore_outgoing(int descriptor) {
#ifdef PACKET_IGNORE_OUTGOING
    int yes = 1;
    return setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
#else
    return -1;
#endif
}
#endif
