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

int tcpalive_helper_start(const char *name, int is_detached, int *socket) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    // Signals of the terminal go to the helper too, which must remain until it is not needed any more.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    // Detached: like fork(2), but the end of this child raises no signal, and only __WALL and __WCLONE make wait(2) see it: the
    // program that this process becomes does not expect a child. An orphan would become a child of process 1 or of a subreaper,
    // which may be that program. All arguments are 0, so their order, which depends on the architecture, does not matter.
    pid_t helper = is_detached ? (pid_t)syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL) : fork();
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
