// Counts the allocations of all threads of a program and prints the number at its end. Only for glibc.
//
//   cc -shared -fPIC -O2 allocations.c -o allocations.so && LD_PRELOAD=./allocations.so tcpalive ...
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong calls;
static void note(void) { atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed); }

void *malloc(size_t size) { note(); return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { note(); return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { note(); return __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) { note(); return __libc_memalign(alignment, size); }
int posix_memalign(void **result, size_t alignment, size_t size) {
    note();
    void *bytes = __libc_memalign(alignment, size);
    if (!bytes) return ENOMEM;
    *result = bytes;
    return 0;
}

__attribute__((destructor)) static void report(void) { fprintf(stderr, "%lu\n", atomic_load(&calls)); }
