#if defined(__linux__)
#define _GNU_SOURCE
#include "CProbe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int outcome(long result) { return result < 0 ? errno : 0; }

static int open_for(const char *path, int flags) {
    int number = open(path, flags | O_CLOEXEC, 0600);
    if (number < 0) return errno;
    close(number);
    return 0;
}

static int open_socket(int family, int type) {
    int number = socket(family, type, 0);
    if (number < 0) return errno;
    close(number);
    return 0;
}

static int read_named(const char *path) { return open_for(path, O_RDONLY); }
static int write_named(const char *path) { return open_for(path, O_WRONLY); }
static int read_other(const char *path) { (void)path; return open_for("/etc/passwd", O_RDONLY); }
static int list_root(const char *path) { (void)path; return open_for("/", O_RDONLY | O_DIRECTORY); }
static int remove_named(const char *path) { return outcome(unlink(path)); }
static int change_mode(const char *path) { return outcome(chmod(path, 0777)); }
static int inet_socket(const char *path) { (void)path; return open_socket(AF_INET, SOCK_STREAM); }
static int unix_socket(const char *path) { (void)path; return open_socket(AF_UNIX, SOCK_STREAM); }
static int netlink_socket(const char *path) { (void)path; return open_socket(AF_NETLINK, SOCK_RAW); }
static int packet_socket(const char *path) { (void)path; return open_socket(AF_PACKET, SOCK_RAW); }
static int become_root(const char *path) { (void)path; return outcome(setresuid(0, 0, 0)); }
static int signal_parent(const char *path) { (void)path; return outcome(kill(getppid(), 0)); }
static int type_for_user(const char *path) { (void)path; return outcome(ioctl(0, TIOCSTI, "x")); }
static int mount_root(const char *path) { return outcome(mount("/", path, NULL, MS_BIND, NULL)); }

static int create_file(const char *path) {
    char name[4096];
    snprintf(name, sizeof name, "%s.new", path);
    int code = open_for(name, O_WRONLY | O_CREAT | O_EXCL);
    if (code == 0) unlink(name);
    return code;
}

static int rename_named(const char *path) {
    char name[4096];
    snprintf(name, sizeof name, "%s.renamed", path);
    return outcome(rename(path, name));
}

static int start_process(const char *path) {
    (void)path;
    long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) _exit(0);
    return outcome(child);
}

static void *nothing(void *argument) { return argument; }

static int start_thread(const char *path) {
    (void)path;
    pthread_t thread;
    int code = pthread_create(&thread, NULL, nothing, NULL);
    if (code == 0) pthread_join(thread, NULL);
    return code;
}

static int make_code(const char *path) {
    (void)path;
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return errno;
    munmap(memory, 4096);
    return 0;
}

static int load_kernel_program(const char *path) { (void)path; return outcome(syscall(SYS_bpf, 0, NULL, 0)); }
static int submit_calls(const char *path) { (void)path; return outcome(syscall(SYS_io_uring_setup, 1, NULL)); }

static int run_program(const char *path) {
    (void)path;
    char *const arguments[] = {"true", NULL};
    char *const environment[] = {NULL};
    return outcome(execve("/bin/true", arguments, environment));
}

static int trace(const char *path) { (void)path; return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }

/// The last two may end the process, so they are only tried by name.
static const struct {
    const char *name;
    int (*run)(const char *);
} attempts[] = {
    {"read-named", read_named},       {"write-named", write_named},       {"read-other", read_other},
    {"list-root", list_root},         {"create-file", create_file},       {"rename-named", rename_named},
    {"remove-named", remove_named},   {"change-mode", change_mode},       {"inet-socket", inet_socket},
    {"unix-socket", unix_socket},     {"netlink-socket", netlink_socket}, {"packet-socket", packet_socket},
    {"become-root", become_root},     {"signal-parent", signal_parent},   {"type-for-user", type_for_user},
    {"mount", mount_root},            {"start-process", start_process},   {"make-code", make_code},
    {"kernel-program", load_kernel_program}, {"submit-calls", submit_calls}, {"start-thread", start_thread},
    {"run-program", run_program},     {"trace", trace},
};

enum { attempt_count = sizeof attempts / sizeof *attempts, ending_count = 2 };

int probe_try(const char *name, const char *path) {
    for (int index = 0; index < attempt_count; index++) {
        if (strcmp(attempts[index].name, name) == 0) return attempts[index].run(path);
    }
    return -1;
}

const char *probe_name(int index) { return index < attempt_count - ending_count ? attempts[index].name : NULL; }

const char *probe_error(int code) { return code == 0 ? "ok" : strerrorname_np(code); }

int probe_become_old_kernel(void) {
    // landlock_create_ruleset is 444 everywhere.
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return outcome(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}
#else
typedef int probe_nothing;
#endif
