// What a process gives up on Linux: its user, capabilities, files and system calls. Empty on other systems.
//
// Functions return 0 or a value from 0 on for success, and -1 with errno for failure, unless their comment says otherwise.
#pragma once

#if defined(__linux__)
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// privileges.c: credentials(7), capabilities(7), prctl(2).

/// The user and groups that a process becomes.
struct tcpalive_identity {
    uid_t user;
    gid_t group;
    /// Supplementary groups.
    const gid_t *groups;
    size_t group_count;
};

/// Sets the real, effective and saved user and group and the supplementary groups of all threads, and verifies them.
int tcpalive_become(const struct tcpalive_identity *identity);

/// Sets only the effective user and group and the supplementary groups of all threads; the saved user stays.
///
/// If that fails, nothing has changed. `before` is what the process is now.
int tcpalive_act_as(const struct tcpalive_identity *identity, const struct tcpalive_identity *before);

/// Undoes tcpalive_act_as. Ends the process if that fails.
void tcpalive_act_as_before(const struct tcpalive_identity *before);

/// Clears the bounding and the ambient set of this thread. Needs CAP_SETPCAP; otherwise it fails and the bounding set stays.
int tcpalive_drop_bounding_capabilities(void);

/// Leaves this thread only those of its permitted capabilities that are bits of `kept`, and verifies that. 0: none.
int tcpalive_limit_capabilities(uint64_t kept);

/// Whether the capability with this number is permitted to this thread.
int tcpalive_has_capability(unsigned number);

/// Keeps the permitted capabilities of this thread when it becomes another user than root.
int tcpalive_keep_capabilities(void);

/// Sets no_new_privs: no program that this thread starts gains rights.
int tcpalive_set_no_new_privileges(void);

/// Whether the program is built with a sanitizer, which needs more files and system calls than the policy allows.
int tcpalive_is_sanitized(void);

// landlock.c: landlock(7).

/// Rights of Landlock on files, as in linux/landlock.h.
enum tcpalive_file_right {
    TCPALIVE_WRITE_FILE = 1 << 1,
    TCPALIVE_READ_FILE = 1 << 2,
    TCPALIVE_READ_DIRECTORY = 1 << 3,
    TCPALIVE_REMOVE_FILE = 1 << 5,
    TCPALIVE_MAKE_FILE = 1 << 8,
    TCPALIVE_TRUNCATE = 1 << 14,
};

/// A new ruleset that denies all that this kernel can deny: files, TCP ports if `denies_network`, signals and abstract sockets
/// of other processes. Returns its descriptor; ENOSYS or EOPNOTSUPP: the kernel has no Landlock, or it is off.
int tcpalive_landlock_create(int denies_network);

/// Allows `rights` on the open file or directory `number`, and below it.
int tcpalive_landlock_allow(int ruleset, int number, uint64_t rights);

/// Allows `rights` on the file or directory at `path`, and below it.
int tcpalive_landlock_allow_path(int ruleset, const char *path, uint64_t rights);

/// Applies the ruleset to this thread and those that it starts. It stays open.
int tcpalive_landlock_enforce(int ruleset);

// filter.c: seccomp(2).

/// A filter of system calls under construction; NULL: there is no memory.
///
/// A call that no rule names fails with EPERM. The other functions remember a failure, which tcpalive_filter_install returns.
void *tcpalive_filter_create(void);

/// Allows the system call `name`. Names that the architecture does not have are ignored.
void tcpalive_filter_allow(void *filter, const char *name);

/// Allows the system call `name` where its argument number `argument`, from 0, has `value` in the bits of `mask`.
void tcpalive_filter_allow_if(void *filter, const char *name, unsigned argument, uint64_t mask, uint64_t value);

/// Makes the system call `name` fail with `code`, or end the process if that is 0.
void tcpalive_filter_deny(void *filter, const char *name, int code);

/// Applies the filter to all threads. Returns 0 or an errno.
int tcpalive_filter_install(void *filter);

/// A filter under construction that allows all calls that no rule names; NULL: there is no memory.
void *tcpalive_filter_create_holding(void);

/// What an argument of a call, an int, must be: `value` in the bits of `mask`.
struct tcpalive_condition {
    /// Its index, from 0.
    uint32_t argument;
    uint32_t mask;
    uint32_t value;
};

/// Makes the system call `name` wait for the listener where its arguments meet all of up to two conditions.
void tcpalive_filter_hold(void *filter, const char *name, unsigned count, const struct tcpalive_condition *conditions);

/// Applies the filter to this thread and what it starts; returns the listener, or an errno as a negative number. EBUSY: there is
/// a listener of another program.
///
/// Without CAP_SYS_ADMIN it sets no_new_privs. When the last descriptor of the listener is closed, the calls fail with ENOSYS.
int tcpalive_filter_listen(void *filter);

/// Frees the filter, which may have been installed.
void tcpalive_filter_free(void *filter);

// calls.c: seccomp_unotify(2).

/// What a call that waits does to a socket.
enum tcpalive_call_kind {
    /// socket(2): the arguments are domain, type and protocol.
    TCPALIVE_CALL_CREATES,
    /// connect(2) and the like: the first argument is the descriptor.
    TCPALIVE_CALL_USES,
    /// setsockopt(2): the arguments are descriptor, level and option.
    TCPALIVE_CALL_SETS,
};

/// A call that waits for an answer.
struct tcpalive_call {
    uint64_t id;
    /// The thread, as a number of gettid(2).
    int32_t thread;
    enum tcpalive_call_kind kind;
    int32_t arguments[3];
};

/// Makes the kernel wake the process that answers on the processor of the call, which is faster (Linux 6.6). A hint.
void tcpalive_calls_prepare(int listener);

/// Waits for a call. ENOENT: the process has ended meanwhile.
int tcpalive_calls_next(int listener, struct tcpalive_call *call);

/// Whether the call still waits: its process has not ended, and its number is not that of another one.
int tcpalive_call_is_waiting(int listener, uint64_t id);

/// Lets the kernel make the call.
int tcpalive_call_continue(int listener, uint64_t id);

/// Makes the call return 0 without doing anything.
int tcpalive_call_succeed(int listener, uint64_t id);

/// Makes the call return a copy of `descriptor` with `flags` (O_CLOEXEC); Linux 5.14. If that fails, the call still waits.
int tcpalive_call_return_descriptor(int listener, uint64_t id, int descriptor, uint32_t flags);

// helpers.c

/// Sends `code`, and passes `descriptor` if it is one.
int tcpalive_send_code(int socket, int32_t code, int descriptor);

/// Waits for a code; `descriptor` becomes what came with it, or -1. Returns 1, or 0 at the end.
int tcpalive_receive_code(int socket, int32_t *code, int *descriptor);

/// Starts a process with the name `name` (at most 15 bytes) that works for this one, and returns 1; in that process, returns 0.
///
/// It blocks all signals, and must end when its end of the socket between the two (SOCK_SEQPACKET) is closed: `socket` of both. That is
/// its only descriptor. A detached one also has standard error and a session of its own, and is no child of this one: process 1 or the
/// nearest subreaper is its parent. If that is this process, it is a child that wait(2) does not see without __WALL or __WCLONE, and
/// whose end raises no signal (clone(2)). Call this before there are threads.
int tcpalive_helper_start(const char *name, int is_detached, int *socket);

// keeper.c

/// What a message to the keeper asks for, its first byte. Before the seal it takes the first two, afterwards the last three.
enum tcpalive_keeper_request {
    /// Keep a file: its temporary path, 0, the path that it will have, 0.
    TCPALIVE_KEEP = 'k',
    /// Allow to open files whose path begins with the rest of the message.
    TCPALIVE_KEEP_PREFIX = 'p',
    /// Give up all other rights; a second byte of 1: stay root.
    TCPALIVE_SEAL = 's',
    /// Give the file whose number is in the next four bytes its path.
    TCPALIVE_FINISH = 'f',
    /// Remove that file.
    TCPALIVE_REMOVE = 'r',
    /// Open the file with this path, and truncate it.
    TCPALIVE_OPEN = 'o',
};

/// The longest message.
enum { TCPALIVE_KEEPER_MESSAGE = 16384 };

/// Starts a process that names, removes and opens files for this one, and returns the socket to it.
///
/// It ends when the socket is closed, and then removes the files that have no name yet. Call it before there are threads.
int tcpalive_keeper_start(const struct tcpalive_identity *identity);

/// Sends a message and waits for the answer: 0 or an errno. `descriptor` becomes the open file of TCPALIVE_OPEN.
int tcpalive_keeper_ask(int keeper, const void *message, size_t length, int *descriptor);
#endif
