// run SECONDS
//
// Runs the programs that standard input asks for, one after another, and reports how each ended. A request and a reply are
// structs in the byte order of the machine, each followed by bytes:
//
//   request: uint32 count of arguments; each argument as uint32 length and bytes; the first is the file to use as standard
//            input, the second the program
//   reply:   struct reply, then the standard output and the standard error of the program
//
// A program is killed after SECONDS. A process of its own, because the peak memory of a process includes that of its parent
// when it was started, and this one is small.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct reply {
    int32_t status;       // the exit status, or the negative number of the signal
    uint32_t microseconds;  // until its end
    uint32_t processor;   // microseconds of user and system time
    uint32_t memory;      // peak, in KiB
    uint32_t output, errors;  // bytes that follow
};

enum { MAX_ARGUMENTS = 64, MAX_LENGTH = 4096 };

static volatile pid_t child;

static void stop(int number) {
    (void)number;
    if (child > 0) kill(child, SIGKILL);
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

// False at the end of the input.
static int take(void *bytes, size_t count) {
    for (size_t done = 0; done < count;) {
        ssize_t got = read(STDIN_FILENO, (char *)bytes + done, count - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("read");
        if (got == 0) return 0;
        done += (size_t)got;
    }
    return 1;
}

static void put(const void *bytes, size_t count) {
    for (size_t done = 0; done < count;) {
        ssize_t wrote = write(STDOUT_FILENO, (const char *)bytes + done, count - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) fail("write");
        done += (size_t)wrote;
    }
}

static int scratch(const char *name) {
    int number = memfd_create(name, MFD_CLOEXEC);
    if (number < 0) fail("memfd_create");
    return number;
}

static void empty(int number) {
    if (ftruncate(number, 0) < 0 || lseek(number, 0, SEEK_SET) < 0) fail("ftruncate");
}

static void put_contents(int number, size_t count) {
    if (count == 0) return;
    void *bytes = mmap(NULL, count, PROT_READ, MAP_SHARED, number, 0);
    if (bytes == MAP_FAILED) fail("mmap");
    put(bytes, count);
    munmap(bytes, count);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint32_t microseconds(struct timeval time) { return (uint32_t)(time.tv_sec * 1000000 + time.tv_usec); }

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: run SECONDS\n");
        return 64;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGALRM, &action, NULL);
    // No core files, and no output that fills the memory.
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){256 << 20, 256 << 20});
    int output = scratch("output"), errors = scratch("errors");
    static char words[MAX_ARGUMENTS][MAX_LENGTH];
    uint32_t count;
    while (take(&count, sizeof count)) {
        if (count < 2 || count >= MAX_ARGUMENTS) return 64;
        char *arguments[MAX_ARGUMENTS] = {0};
        for (uint32_t index = 0; index < count; index++) {
            uint32_t length;
            if (!take(&length, sizeof length) || length >= MAX_LENGTH || !take(words[index], length)) return 64;
            words[index][length] = 0;
            if (index > 0) arguments[index - 1] = words[index];
        }
        empty(output);
        empty(errors);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, words[0], O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
        double start = now();
        pid_t started;
        int code = posix_spawn(&started, arguments[0], &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (code != 0) {
            errno = code;
            fail(arguments[0]);
        }
        child = started;
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_sec = atoi(argv[1])}}, NULL);
        int status;
        struct rusage usage;
        while (wait4(started, &status, 0, &usage) < 0)
            if (errno != EINTR) fail("wait4");
        child = 0;
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0}}, NULL);
        struct reply reply = {
            .status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
            .microseconds = (uint32_t)((now() - start) * 1e6),
            .processor = microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
            .memory = (uint32_t)usage.ru_maxrss,
            .output = (uint32_t)lseek(output, 0, SEEK_END),
            .errors = (uint32_t)lseek(errors, 0, SEEK_END),
        };
        put(&reply, sizeof reply);
        put_contents(output, reply.output);
        put_contents(errors, reply.errors);
    }
    return 0;
}
