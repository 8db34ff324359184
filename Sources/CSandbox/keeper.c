// The keeper: a process that gives output files their names, and removes those that remain incomplete.
//
// The process that reads packets has no rights on files any more. It asks the keeper, which reads no packets and accepts only
// files that were named to it before the first packet. It needs no memory but that of its start.
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/// A file, or the prefix of files that may be opened.
struct kept {
    /// Its directory, so that nobody can put another one in its place.
    int folder;
    /// The name that the file has until it is complete; NULL: it has no such name any more.
    char *temporary;
    /// The name that it gets, or the prefix of the names.
    char *name;
    /// The path of `folder`, up to `name`.
    char *path;
    int is_prefix;
};

struct keeper {
    int is_sealed;
    const struct tcpalive_identity *identity;
    struct kept *kept;
    uint32_t count;
};

/// The part of `path` behind its last slash.
static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/// Opens the directory of `path`, and stores its path with the slash at its end, or nothing for the current one.
static int open_folder(const char *path, char **folder_path) {
    *folder_path = strndup(path, (size_t)(last_part(path) - path));
    if (!*folder_path) return -1;
    return open(**folder_path ? *folder_path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/// Keeps the file with the path `temporary` (NULL: all files whose paths begin with `path`). Returns 0 or an errno.
static int keep(struct keeper *keeper, const char *temporary, const char *path) {
    struct kept *more = realloc(keeper->kept, (keeper->count + 1) * sizeof *more);
    if (!more) return ENOMEM;
    keeper->kept = more;
    struct kept *entry = &more[keeper->count];
    *entry = (struct kept){.is_prefix = temporary == NULL};
    entry->folder = open_folder(path, &entry->path);
    if (entry->folder < 0) return errno;
    entry->name = strdup(last_part(path));
    if (temporary) entry->temporary = strdup(last_part(temporary));
    if (!entry->name || (temporary && !entry->temporary)) return ENOMEM;
    keeper->count++;
    return 0;
}

/// Takes what TCPALIVE_KEEP and TCPALIVE_KEEP_PREFIX ask for; the message ends with a zero.
static int take_file(struct keeper *keeper, const char *text, size_t length, int is_prefix) {
    if (is_prefix) return keep(keeper, NULL, text);
    size_t first = strlen(text);
    if (first + 1 >= length) return EINVAL;
    return keep(keeper, text, text + first + 1);
}

/// Allows only what the requests after the seal need. Failures are ignored: the main process reports what a system lacks.
static void confine(const struct keeper *keeper) {
    int has_prefix = 0;
    for (uint32_t index = 0; index < keeper->count; index++) has_prefix |= keeper->kept[index].is_prefix;
    tcpalive_set_no_new_privileges();
    if (tcpalive_is_sanitized()) return;
    int ruleset = tcpalive_landlock_create(1);
    if (ruleset >= 0) {
        for (uint32_t index = 0; index < keeper->count; index++) {
            uint64_t rights = TCPALIVE_MAKE_FILE | TCPALIVE_REMOVE_FILE;
            if (keeper->kept[index].is_prefix) rights |= TCPALIVE_WRITE_FILE | TCPALIVE_TRUNCATE;
            tcpalive_landlock_allow(ruleset, keeper->kept[index].folder, rights);
        }
        tcpalive_landlock_enforce(ruleset);
        close(ruleset);
    }
    void *filter = tcpalive_filter_create();
    if (!filter) return;
    static const char *const calls[] = {"recvfrom", "sendmsg",    "renameat",     "renameat2", "unlinkat",
                                        "close",    "exit_group", "rt_sigreturn", "restart_syscall"};
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) tcpalive_filter_allow(filter, calls[index]);
    if (has_prefix) tcpalive_filter_allow(filter, "openat");
    tcpalive_filter_install(filter);
    tcpalive_filter_free(filter);
}

/// Gives up what is not needed; stays root if the user may not write to the directories. Returns 0 or an errno.
///
/// Whatever the system refuses, nothing new is accepted from now on.
static int seal(struct keeper *keeper, int stays_root) {
    keeper->is_sealed = 1;
    int code = 0;
    if (geteuid() == 0) {
        tcpalive_drop_bounding_capabilities();
        if (!stays_root && tcpalive_become(keeper->identity) != 0) code = errno;
    }
    // To write to directories of others, and to replace their files where the sticky bit is set.
    uint64_t kept = stays_root ? (uint64_t)1 << CAP_DAC_OVERRIDE | (uint64_t)1 << CAP_FOWNER : 0;
    if (tcpalive_limit_capabilities(kept) != 0 && code == 0) code = errno;
    confine(keeper);
    return code;
}

/// Names (TCPALIVE_FINISH) or removes the file `number`. Returns 0 or an errno.
static int end_file(struct keeper *keeper, uint32_t number, int removes) {
    if (number >= keeper->count || !keeper->kept[number].temporary) return EINVAL;
    struct kept *entry = &keeper->kept[number];
    int result = removes ? unlinkat(entry->folder, entry->temporary, 0)
                         : renameat(entry->folder, entry->temporary, entry->folder, entry->name);
    // A file that could not be named is still to be removed.
    if (result != 0 && !removes) return errno;
    entry->temporary = NULL;
    return 0;
}

/// Whether `text` has a part "..", which could lead out of a directory.
static int leads_up(const char *text) {
    for (const char *part = text; part; part = strchr(part, '/')) {
        if (*part == '/') part++;
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == 0)) return 1;
    }
    return 0;
}

/// Opens the file at `path`, which must begin with a kept prefix; returns its descriptor, or -1 with errno.
static int open_file(const struct keeper *keeper, const char *path) {
    for (uint32_t index = 0; index < keeper->count; index++) {
        const struct kept *entry = &keeper->kept[index];
        size_t length = strlen(entry->path);
        if (!entry->is_prefix || strncmp(path, entry->path, length) != 0) continue;
        const char *name = path + length;
        if (strncmp(name, entry->name, strlen(entry->name)) != 0 || leads_up(name) || *name == '/') continue;
        int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
        int number = openat(entry->folder, name, flags, 0600);
        // A file of another user, such as an older one of root: it is replaced instead of truncated.
        if (number < 0 && errno == EACCES && unlinkat(entry->folder, name, 0) == 0) {
            number = openat(entry->folder, name, flags, 0600);
        }
        return number;
    }
    errno = EPERM;
    return -1;
}

/// Does what `message` asks for, whose last byte is followed by a zero. Returns 0 or an errno.
static int handle(struct keeper *keeper, const char *message, size_t length, int *descriptor) {
    const char *rest = message + 1;
    uint32_t number = UINT32_MAX;
    if (length == 1 + sizeof number) memcpy(&number, rest, sizeof number);
    if (keeper->is_sealed) {
        switch (message[0]) {
        case TCPALIVE_FINISH: return end_file(keeper, number, 0);
        case TCPALIVE_REMOVE: return end_file(keeper, number, 1);
        case TCPALIVE_OPEN: *descriptor = open_file(keeper, rest); return *descriptor < 0 ? errno : 0;
        default: return EPERM;
        }
    }
    switch (message[0]) {
    case TCPALIVE_KEEP: return take_file(keeper, rest, length - 1, 0);
    case TCPALIVE_KEEP_PREFIX: return take_file(keeper, rest, length - 1, 1);
    case TCPALIVE_SEAL: return seal(keeper, length > 1 && rest[0] == 1);
    // Errors come before the seal too.
    case TCPALIVE_FINISH: return end_file(keeper, number, 0);
    case TCPALIVE_REMOVE: return end_file(keeper, number, 1);
    default: return EPERM;
    }
}

static void run(int socket, const struct tcpalive_identity *identity) {
    static char message[TCPALIVE_KEEPER_MESSAGE + 1];
    struct keeper keeper = {.identity = identity};
    for (;;) {
        ssize_t length = recv(socket, message, sizeof message - 1, 0);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) break;
        message[length] = 0;
        int descriptor = -1;
        int result = handle(&keeper, message, (size_t)length, &descriptor);
        tcpalive_send_code(socket, result, descriptor);
        if (descriptor >= 0) close(descriptor);
    }
    for (uint32_t index = 0; index < keeper.count; index++) end_file(&keeper, index, 1);
    free(keeper.kept);
}

int tcpalive_keeper_start(const struct tcpalive_identity *identity) {
    int socket;
    int result = tcpalive_helper_start("tcpalive-files", 0, &socket);
    if (result == 0) {
        run(socket, identity);
        _exit(0);
    }
    return result < 0 ? -1 : socket;
}

int tcpalive_keeper_ask(int keeper, const void *bytes, size_t length, int *descriptor) {
    *descriptor = -1;
    ssize_t result;
    do result = sendto(keeper, bytes, length, MSG_NOSIGNAL, NULL, 0);
    while (result < 0 && errno == EINTR);
    if (result < 0) return errno;
    int32_t code = EPIPE;
    result = tcpalive_receive_code(keeper, &code, descriptor);
    if (result < 0) return errno;
    // 0: the keeper has ended.
    return result == 0 ? EPIPE : code;
}
#else
typedef int tcpalive_no_keeper;
#endif
