// Filters of system calls, with libseccomp.
#if defined(__linux__)
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Linux 5.19, newer than some headers.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

struct filter {
    scmp_filter_ctx context;
    /// The first error, as a negative number; 0: none.
    int failure;
};

static void note(struct filter *filter, int result) {
    if (result < 0 && filter->failure == 0) filter->failure = result;
}

/// A filter with `action` for calls that no rule names.
static struct filter *create(uint32_t action) {
    struct filter *filter = calloc(1, sizeof *filter);
    if (!filter) return NULL;
    filter->context = seccomp_init(action);
    if (filter->context) return filter;
    free(filter);
    return NULL;
}

void *tcpalive_filter_create(void) {
    struct filter *filter = create(SCMP_ACT_ERRNO(EPERM));
    if (!filter) return NULL;
    // Threads that exist already get the filter too.
    note(filter, seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_TSYNC, 1));
    // Before Linux 5.16 a filter turns speculation off in the whole process, which would cost speed. That protects programs that
    // run foreign code beside secrets of their own, such as browsers: this one runs no foreign code.
    seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_SSB, 1);
    return filter;
}

static void add(
    struct filter *filter, uint32_t action, const char *name, unsigned count, const struct scmp_arg_cmp *arguments) {
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;
    note(filter, seccomp_rule_add_array(filter->context, action, number, count, arguments));
}

void tcpalive_filter_allow(void *opaque, const char *name) { add(opaque, SCMP_ACT_ALLOW, name, 0, NULL); }

void tcpalive_filter_allow_if(void *opaque, const char *name, unsigned argument, uint64_t mask, uint64_t value) {
    struct scmp_arg_cmp comparison = {argument, SCMP_CMP_MASKED_EQ, mask, value};
    add(opaque, SCMP_ACT_ALLOW, name, 1, &comparison);
}

void tcpalive_filter_deny(void *opaque, const char *name, int code) {
    add(opaque, code ? SCMP_ACT_ERRNO((uint32_t)code) : SCMP_ACT_KILL_PROCESS, name, 0, NULL);
}

int tcpalive_filter_install(void *opaque) {
    struct filter *filter = opaque;
    if (filter->failure == 0) note(filter, seccomp_load(filter->context));
    return -filter->failure;
}

void *tcpalive_filter_create_holding(void) {
    struct filter *filter = create(SCMP_ACT_ALLOW);
    // Programs of another architecture, such as those of 32 bits, run as without the filter.
    if (filter) note(filter, seccomp_attr_set(filter->context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW));
    return filter;
}

void tcpalive_filter_hold(void *opaque, const char *name, unsigned count, const struct tcpalive_condition *conditions) {
    struct scmp_arg_cmp comparisons[2];
    if (count > 2) count = 2;
    for (unsigned index = 0; index < count; index++) {
        const struct tcpalive_condition *condition = &conditions[index];
        // Arguments are ints: the upper half of the register may have anything.
        comparisons[index] = (struct scmp_arg_cmp){
            condition->argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)condition->mask, (scmp_datum_t)condition->value};
    }
    add(opaque, SCMP_ACT_NOTIFY, name, count, comparisons);
}

/// The program of the filter in `program`, which has room for `capacity` instructions: their number, or a negative errno.
///
/// seccomp_load(3) of libseccomp before 2.6 cannot set SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV.
static int compile(struct filter *filter, struct sock_filter *program, size_t capacity) {
    if (filter->failure != 0) return filter->failure;
    int file = memfd_create("filter", MFD_CLOEXEC);
    if (file < 0) return -errno;
    int result = seccomp_export_bpf(filter->context, file);
    ssize_t length = result < 0 ? 0 : pread(file, program, capacity * sizeof *program, 0);
    close(file);
    if (result < 0) return result;
    // A full buffer may lack the end.
    if (length <= 0 || (size_t)length == capacity * sizeof *program) return -E2BIG;
    return (int)((size_t)length / sizeof *program);
}

int tcpalive_filter_listen(void *opaque) {
    struct sock_filter instructions[512];
    int count = compile(opaque, instructions, sizeof instructions / sizeof *instructions);
    if (count < 0) return count;
    struct sock_fprog program = {(unsigned short)count, instructions};
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    // Once the listener has a call, only signals that end the process interrupt it (Linux 5.19): programs do not expect EINTR.
    unsigned long killable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    for (int attempt = 0; attempt < 3; attempt++) {
        long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | killable, &program);
        if (listener >= 0) return (int)listener;
        // Without CAP_SYS_ADMIN only a process that cannot gain rights may have a filter.
        if (errno == EACCES && tcpalive_set_no_new_privileges() == 0) continue;
        if (errno != EINVAL || killable == 0) break;
        killable = 0;
    }
    return -errno;
}

void tcpalive_filter_free(void *opaque) {
    struct filter *filter = opaque;
    seccomp_release(filter->context);
    free(filter);
}
#else
typedef int tcpalive_no_filter;
#endif
