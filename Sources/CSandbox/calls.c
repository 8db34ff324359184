// System calls of other processes that wait for an answer: seccomp_unotify(2).
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Linux 5.14 and 6.6, newer than some headers.
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
enum { WAKE_ON_SAME_PROCESSOR = 1 };

void tcpalive_calls_prepare(int listener) {
    unsigned long flags = WAKE_ON_SAME_PROCESSOR;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
}

/// What a call does to a socket.
static enum tcpalive_call_kind kind(int number) {
    switch (number) {
    case SYS_socket: return TCPALIVE_CALL_CREATES;
    case SYS_setsockopt: return TCPALIVE_CALL_SETS;
    default: return TCPALIVE_CALL_USES;
    }
}

int tcpalive_calls_next(int listener, struct tcpalive_call *call) {
    // A later kernel may have a longer structure.
    union {
        struct seccomp_notif notice;
        char bytes[1024];
    } buffer;
    memset(&buffer, 0, sizeof buffer);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &buffer) != 0) return -1;
    call->id = buffer.notice.id;
    call->thread = (int32_t)buffer.notice.pid;
    call->kind = kind(buffer.notice.data.nr);
    for (int index = 0; index < 3; index++) call->arguments[index] = (int32_t)buffer.notice.data.args[index];
    return 0;
}

int tcpalive_call_is_waiting(int listener, uint64_t id) { return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0; }

/// Later kernels may have a longer structure here too.
static int answer(int listener, uint64_t id, uint32_t flags) {
    union {
        struct seccomp_notif_resp response;
        char bytes[1024];
    } buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.response.id = id;
    buffer.response.flags = flags;
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &buffer);
}

int tcpalive_call_continue(int listener, uint64_t id) { return answer(listener, id, SECCOMP_USER_NOTIF_FLAG_CONTINUE); }

int tcpalive_call_succeed(int listener, uint64_t id) { return answer(listener, id, 0); }

int tcpalive_call_return_descriptor(int listener, uint64_t id, int descriptor, uint32_t flags) {
    struct seccomp_notif_addfd addition = {
        .id = id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (uint32_t)descriptor, .newfd_flags = flags};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addition) < 0 ? -1 : 0;
}
#else
typedef int tcpalive_no_calls;
#endif
