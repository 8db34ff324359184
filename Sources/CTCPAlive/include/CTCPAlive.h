// Functions that Swift cannot import: compiler intrinsics, memory hints, structures of Linux.
#pragma once

#include "error_queue.h"
#include "namespaces.h"
#include "packet_socket.h"
#include "processes.h"
#include "terminal.h"

/// Prefetches the cache line at `address` for writing. A hint: any address is allowed.
static inline void tcpalive_prefetch(const void *address) { __builtin_prefetch(address, 1); }

/// Prefetches the cache line at `address` for reading. A hint: any address is allowed.
static inline void tcpalive_prefetch_for_reading(const void *address) { __builtin_prefetch(address, 0); }

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
// The messages of sock_diag(7).
#include <linux/inet_diag.h>
#include <linux/netlink.h>

#endif

// TCPALIVE_MALLOC is for `make fuzz`: AddressSanitizer checks the bounds of what malloc(3) returns.
#if defined(__linux__) && !defined(TCPALIVE_MALLOC)
#include <linux/mman.h>
#include <sys/mman.h>

// <sys/mman.h> declares it only if _GNU_SOURCE is defined before the first header, which a header cannot ensure.
extern void *mremap(void *old, size_t length, size_t wanted, int flags, ...);

/// Requests large pages for `length` bytes at `address` (MADV_HUGEPAGE, madvise(2)). A hint: refusal is not an error.
static inline void tcpalive_prefer_large_pages(void *address, size_t length) { madvise(address, length, MADV_HUGEPAGE); }

/// New memory of `length` bytes, a multiple of the large page size, aligned to a large page. NULL if there is none.
static inline void *tcpalive_large_pages(size_t length) {
    size_t page = 2u << 20;
    char *memory = mmap(NULL, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    char *start = (char *)(((size_t)memory + page - 1) & ~(page - 1));
    if (start > memory) munmap(memory, start - memory);
    char *end = start + length;
    if (end < memory + length + page) munmap(end, memory + length + page - end);
    tcpalive_prefer_large_pages(start, length);
    return start;
}

/// Resizes the memory at `old` from `length` to `wanted` bytes; 0 frees it. Returns NULL if there is no memory.
///
/// Pages are moved (mremap(2)) and not copied, except once, when small pages become large ones. Pages that were never
/// touched use no memory.
static inline void *tcpalive_resize(void *old, size_t length, size_t wanted) {
    size_t large = 2u << 20;
    // Whole large pages: the kernel would use small pages for a part of one, and keep them.
    if (wanted >= large) wanted = (wanted + large - 1) & ~(large - 1);
    if (length >= large) length = (length + large - 1) & ~(large - 1);
    if (wanted == 0) {
        if (old) munmap(old, length);
        return NULL;
    }
    if (wanted == length) return old;
    if (old && wanted < large && length < large) {
        void *moved = mremap(old, length, wanted, MREMAP_MAYMOVE, NULL);
        return moved == MAP_FAILED ? NULL : moved;
    }
    if (old && length >= large && wanted >= large) {
        // Where it is, if possible, and wherever there is address space for it if that is short: a move to another large page
        // needs address space for both.
        void *same = mremap(old, length, wanted, 0, NULL);
        if (same != MAP_FAILED) return same;
        void *start = tcpalive_large_pages(wanted);
        void *moved = start ? mremap(old, length, wanted, MREMAP_MAYMOVE | MREMAP_FIXED, start)
                            : mremap(old, length, wanted, MREMAP_MAYMOVE, NULL);
        return moved == MAP_FAILED ? NULL : moved;
    }
    void *memory = wanted >= large
        ? tcpalive_large_pages(wanted)
        : mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!memory || memory == MAP_FAILED) return NULL;
    if (!old) return memory;
    memcpy(memory, old, length < wanted ? length : wanted);
    munmap(old, length);
    return memory;
}
#else
static inline void tcpalive_prefer_large_pages(void *address, size_t length) {}

static inline void *tcpalive_resize(void *old, size_t length, size_t wanted) {
    if (wanted == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, wanted);
}
#endif
