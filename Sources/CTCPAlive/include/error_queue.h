// The error queue of a socket (IP_RECVERR, ip(7)), whose control messages need C macros. Only on Linux.
#pragma once

#if defined(__linux__)
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/// Removes the next error from the queue of `descriptor` and stores its control message in `bytes`: a struct
/// sock_extended_err, followed by the socket address of the sender.
///
/// Returns the number of bytes stored, 0 if the message is of another type, or -1 with errno if the queue is empty.
static inline long tcpalive_next_queued_error(int descriptor, void *bytes, size_t capacity) {
    char quoted[512];
    union {
        char bytes[512];
        struct cmsghdr aligned;
    } control;
    struct iovec vector = {quoted, sizeof quoted};
    struct msghdr message = {0};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    if (recvmsg(descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return -1;
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry; entry = CMSG_NXTHDR(&message, entry)) {
        int isError = (entry->cmsg_level == IPPROTO_IP && entry->cmsg_type == IP_RECVERR)
            || (entry->cmsg_level == IPPROTO_IPV6 && entry->cmsg_type == IPV6_RECVERR);
        if (!isError) continue;
        size_t length = entry->cmsg_len - CMSG_LEN(0);
        if (length > capacity) length = capacity;
        memcpy(bytes, CMSG_DATA(entry), length);
        return (long)length;
    }
    return 0;
}
#endif
