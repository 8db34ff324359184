// Processes that help another one, and the messages between them.
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// The control message that passes a descriptor (unix(7)), aligned as cmsg(3) requires.
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
};

int tcpalive_send_code(int socket, int32_t code, int descriptor) {
    struct iovec vector = {&code, sizeof code};
    union control control;
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t result;
    do result = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -1 : 0;
}

int tcpalive_receive_code(int socket, int32_t *code, int *descriptor) {
    *descriptor = -1;
    struct iovec vector = {code, sizeof *code};
    union control control;
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control;
    ssize_t result;
    do result = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (result != sizeof *code) return 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS
        && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    }
    return 1;
}

/// Closes all descriptors from `first` on.
static void close_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
#endif
    struct rlimit limit = {1024, 1024};
    getrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t number = (rlim_t)first; number < limit.rlim_cur && number < 65536; number++) close((int)number);
}

/// Makes this process independent of the one that started it: session, terminal, directory. It has /dev/null as standard output, and
/// keeps standard error for now.
static int detach(void) {
    setsid();
    if (chdir("/") != 0) return -1;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    return null < 0 || dup2(null, STDOUT_FILENO) < 0 ? -1 : 0;
}

/// Like fork(2), but the child is one that wait(2) does not see without __WALL or __WCLONE, and its end raises no signal. All
/// arguments are 0, so their order, which depends on the architecture, does not matter.
static pid_t fork_silently(void) { return (pid_t)syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL); }

/// Like fork(2), but the new process is no child of this one: the program that this process becomes does not expect one, and may
/// wait until it has none (strace -f).
static pid_t fork_orphan(void) {
    int is_subreaper = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0);
    // The orphan would become a child of this process after all, and one whose end raises SIGCHLD.
    if (getpid() == 1 || is_subreaper) return fork_silently();
    pid_t between = fork_silently();
    if (between == 0) {
        pid_t orphan = fork_silently();
        if (orphan != 0) _exit(orphan < 0 ? errno : 0);
        return 0;
    }
    if (between < 0) return -1;
    int status;
    pid_t ended;
    do ended = waitpid(between, &status, __WCLONE);
    while (ended < 0 && errno == EINTR);
    if (ended < 0) return -1;
    if (status == 0) return between;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
    return -1;
}

int tcpalive_helper_start(const char *name, int is_detached, int *socket) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    // Signals of the terminal go to the helper too, which must remain until it is not needed any more.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t helper = is_detached ? fork_orphan() : fork();
    if (helper == 0) {
        prctl(PR_SET_NAME, name, 0, 0, 0);
        if (is_detached && detach() != 0) _exit(1);
        if (dup2(ends[1], STDIN_FILENO) < 0) _exit(1);
        // A reader of a pipe would wait for this process too.
        close_from(is_detached ? STDERR_FILENO + 1 : STDIN_FILENO + 1);
        *socket = STDIN_FILENO;
        return 0;
    }
    int code = errno;
    close(ends[1]);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (helper < 0) {
        close(ends[0]);
        errno = code;
        return -1;
    }
    *socket = ends[0];
    return 1;
}
#else
typedef int tcpalive_no_helpers;
#endif
