// Filters of system calls, with libseccomp.
#if defined(__linux__)
#include "CSandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>

struct filter {
    scmp_filter_ctx context;
    /// The first error, as a negative number; 0: none.
    int failure;
};

static void note(struct filter *filter, int result) {
    if (result < 0 && filter->failure == 0) filter->failure = result;
}

void *tcpalive_filter_create(void) {
    struct filter *filter = calloc(1, sizeof *filter);
    if (!filter) return NULL;
    filter->context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter->context) {
        free(filter);
        return NULL;
    }
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

void tcpalive_filter_free(void *opaque) {
    struct filter *filter = opaque;
    seccomp_release(filter->context);
    free(filter);
}
#else
typedef int tcpalive_no_filter;
#endif
