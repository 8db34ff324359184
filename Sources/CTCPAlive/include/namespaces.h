// Namespaces of this process, by a system call that Swift does not import. Only on Linux.
#pragma once

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

/// Moves this process to a new network namespace, and before that, with `new_users`, to a new user namespace (unshare(2)); -1 with
/// errno if that fails. New users need a process with one thread.
static inline int tcpalive_unshare_network(int new_users) {
    // CLONE_NEWNET and CLONE_NEWUSER of linux/sched.h.
    return (int)syscall(SYS_unshare, 0x40000000 | (new_users ? 0x10000000 : 0));
}
#endif
