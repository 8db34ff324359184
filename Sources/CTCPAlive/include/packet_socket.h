// Packet sockets (packet(7)), whose headers Swift does not import. Empty off Linux.
#pragma once

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/// Has the kernel give `descriptor` no more packets (SO_ATTACH_FILTER with a program that rejects all, socket(7)).
///
/// What its ring holds stays there, and libpcap does not know.
static inline int tcpalive_accept_no_more(int descriptor) {
    struct sock_filter reject = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {1, &reject};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/// Takes away the program of tcpalive_accept_no_more: all packets come again (SO_DETACH_FILTER, socket(7)).
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

/// Has the kernel leave out what this host sends (PACKET_IGNORE_OUTGOING, Linux 4.20): on loopback the second copy.
static inline int tcpalive_ignore_outgoing(int descriptor) {
#ifdef PACKET_IGNORE_OUTGOING
    int yes = 1;
    return setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
#else
    return -1;
#endif
}
#endif
