// Users, groups and capabilities: credentials(7), capabilities(7).
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int tcpalive_become(const struct tcpalive_identity *identity) {
    if (setgroups(identity->group_count, identity->groups) != 0) return -1;
    if (setresgid(identity->group, identity->group, identity->group) != 0) return -1;
    if (setresuid(identity->user, identity->user, identity->user) != 0) return -1;
    uid_t users[3];
    gid_t groups[3];
    if (getresuid(&users[0], &users[1], &users[2]) != 0 || getresgid(&groups[0], &groups[1], &groups[2]) != 0) return -1;
    for (int index = 0; index < 3; index++) {
        if (users[index] == identity->user && groups[index] == identity->group) continue;
        errno = EPERM;
        return -1;
    }
    return 0;
}

int tcpalive_act_as(const struct tcpalive_identity *identity, const struct tcpalive_identity *before) {
    if (setgroups(identity->group_count, identity->groups) != 0) return -1;
    if (setegid(identity->group) == 0 && seteuid(identity->user) == 0) return 0;
    int code = errno;
    tcpalive_act_as_before(before);
    errno = code;
    return -1;
}

void tcpalive_act_as_before(const struct tcpalive_identity *before) {
    // With a part of the rights of each user nothing good can follow.
    if (seteuid(before->user) != 0 || setegid(before->group) != 0) abort();
    if (setgroups(before->group_count, before->groups) != 0) abort();
}

int tcpalive_drop_bounding_capabilities(void) {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // The kernel may know more capabilities than these headers; it refuses the first number that it does not know.
    for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) {
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) return -1;
    }
    return 0;
}

int tcpalive_limit_capabilities(uint64_t kept) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) != 0) return -1;
    for (int half = 0; half < 2; half++) {
        sets[half].permitted &= (uint32_t)(kept >> (32 * half));
        sets[half].effective = sets[half].permitted;
        sets[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, sets) != 0) return -1;
    struct __user_cap_data_struct now[2];
    if (syscall(SYS_capget, &header, now) != 0) return -1;
    for (int half = 0; half < 2; half++) {
        if (now[half].permitted == sets[half].permitted && now[half].inheritable == 0) continue;
        errno = EPERM;
        return -1;
    }
    return 0;
}

int tcpalive_has_capability(unsigned number) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    if (number >= 64 || syscall(SYS_capget, &header, sets) != 0) return 0;
    return (sets[number / 32].permitted >> (number % 32)) & 1;
}

int tcpalive_keep_capabilities(void) { return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); }

int tcpalive_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TCPALIVE_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TCPALIVE_SANITIZED 1
#endif

int tcpalive_is_sanitized(void) {
#if defined(TCPALIVE_SANITIZED)
    return 1;
#else
    return 0;
#endif
}
#else
typedef int tcpalive_no_privileges;
#endif
