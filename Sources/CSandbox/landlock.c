// Landlock, by system calls: glibc has no functions for it, and the kernel's header may be older than the kernel.
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The numbers are the same on all architectures.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

// struct landlock_ruleset_attr. Each version of the interface knows more of it, and refuses a longer one.
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

// struct landlock_path_beneath_attr.
struct path_rule {
    uint64_t rights;
    int32_t parent;
} __attribute__((packed));

enum {
    create_version = 1,
    rule_path_beneath = 1,
};

/// What each version of the interface can deny: the rights on files from execution up to the last one.
static uint64_t known_rights(long version) {
    int count = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    return ((uint64_t)1 << count) - 1;
}

static long landlock_version(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, create_version); }

int tcpalive_landlock_create(int denies_network) {
    long version = landlock_version();
    if (version < 0) return -1;
    struct ruleset ruleset = {known_rights(version), 0, 0};
    size_t size = sizeof ruleset.files;
    if (version >= 4) {
        // To bind and to connect a TCP socket.
        if (denies_network) ruleset.network = 3;
        size += sizeof ruleset.network;
    }
    if (version >= 6) {
        // Abstract Unix sockets, and signals.
        ruleset.scopes = denies_network ? 3 : 2;
        size += sizeof ruleset.scopes;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
}

int tcpalive_landlock_allow(int ruleset, int number, uint64_t rights) {
    struct stat status;
    if (fstat(number, &status) != 0) return -1;
    // The kernel refuses rights on a file that only a directory can have.
    if (!S_ISDIR(status.st_mode)) rights &= TCPALIVE_READ_FILE | TCPALIVE_WRITE_FILE | TCPALIVE_TRUNCATE;
    struct path_rule rule = {rights & known_rights(landlock_version()), number};
    return (int)syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0);
}

int tcpalive_landlock_allow_path(int ruleset, const char *path, uint64_t rights) {
    int number = open(path, O_PATH | O_CLOEXEC);
    if (number < 0) return -1;
    int result = tcpalive_landlock_allow(ruleset, number, rights);
    close(number);
    return result;
}

int tcpalive_landlock_enforce(int ruleset) { return (int)syscall(SYS_landlock_restrict_self, ruleset, 0); }
#else
typedef int tcpalive_no_landlock;
#endif
