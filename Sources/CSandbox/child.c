// A process beside this one that keeps some rights and does one thing with them, on request.
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Closes all descriptors but `kept`, whose number becomes 0: a reader of a pipe would wait for this process too.
static int close_others(int kept) {
    if (kept != 0 && dup2(kept, 0) < 0) _exit(1);
    tcpalive_close_from(1);
    return 0;
}

int tcpalive_child_start(const char *name, void (*run)(int socket, const void *context), const void *context) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    // Signals of the terminal go to this process too, which must remain until it is not needed any more.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_NAME, name, 0, 0, 0);
        run(close_others(ends[1]), context);
        _exit(0);
    }
    int code = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = code;
        return -1;
    }
    return ends[0];
}
#else
typedef int tcpalive_no_child;
#endif
