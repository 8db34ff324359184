// Processes, their sockets and their namespaces, by system calls that Swift does not import. Only on Linux.
#pragma once

#if defined(__linux__)
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Linux 5.3 and 5.6; the numbers are the same on all architectures (asm-generic/unistd.h).
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/// A descriptor of the process `process` (pidfd_open(2)), or -1 with errno.
static inline int tcpalive_open_process(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

/// A copy of the descriptor `number` of the process of `process_descriptor` (pidfd_getfd(2)), or -1 with errno.
static inline int tcpalive_copy_descriptor(int process_descriptor, int number) {
    return (int)syscall(SYS_pidfd_getfd, process_descriptor, number, 0);
}

/// Moves this thread to the network namespace of `descriptor` (setns(2)); -1 with errno if that fails.
static inline int tcpalive_join_network(int descriptor) {
    return (int)syscall(SYS_setns, descriptor, 0x40000000);  // CLONE_NEWNET of linux/sched.h
}

/// An entry of a directory with numbers as names, as of /proc or /proc/PID/fd: the next number, or -1 at the end.
static inline long tcpalive_next_number(DIR *directory) {
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        return strtol(entry->d_name, NULL, 10);
    }
    return -1;
}

/// Writes `number` before `end`, in decimal digits; returns where it begins.
static inline char *tcpalive_write_number(long number, char *end) {
    do *--end = (char)('0' + number % 10);
    while (number /= 10);
    return end;
}

/// The directory `process`/fd below the directory of `proc`; NULL with errno if it cannot be read.
static inline DIR *tcpalive_open_descriptors(int proc, long process) {
    char path[32];
    char *end = path + sizeof path - 4;
    memcpy(end, "/fd", 4);
    int descriptor = openat(proc, tcpalive_write_number(process, end), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    DIR *directory = fdopendir(descriptor);
    if (!directory) close(descriptor);
    return directory;
}

/// The next descriptor of a directory of /proc/PID/fd that is a socket: its number in `number`, and its inode. 0 at the end, or if
/// the descriptors may not be read (errno is not 0 then): the user of a process may list their numbers, and no more.
static inline unsigned long tcpalive_next_socket(DIR *directory, long *number) {
    struct dirent *entry;
    while ((errno = 0, entry = readdir(directory))) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        char target[40];
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        if (length < 0 && (errno == EACCES || errno == EPERM)) return 0;
        if (length < 10 || memcmp(target, "socket:[", 8) != 0) continue;
        target[length] = 0;
        *number = strtol(entry->d_name, NULL, 10);
        unsigned long inode = strtoul(target + 8, NULL, 10);
        if (inode) return inode;
    }
    return 0;
}

/// A descriptor of the thread `thread` (PIDFD_THREAD, Linux 6.9), before that of its process, or -1 with errno.
static inline int tcpalive_open_thread(int thread) {
    int descriptor = (int)syscall(SYS_pidfd_open, thread, O_EXCL);
    if (descriptor >= 0 || errno != EINVAL) return descriptor;
    // The first thread has the number of the process.
    descriptor = tcpalive_open_process(thread);
    if (descriptor >= 0) return descriptor;
    char path[40], text[2048];
    char *end = path + sizeof path - 8;
    memcpy(end, "/status", 8);
    char *start = tcpalive_write_number(thread, end) - 6;
    memcpy(start, "/proc/", 6);
    int file = open(start, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    const char *line = strstr(text, "\nTgid:");
    return line ? tcpalive_open_process((int)strtol(line + 6, NULL, 10)) : -1;
}
#endif
