// What Swift cannot import: intrinsics, hints to the system.
#pragma once

#include "error_queue.h"
#include "packet_socket.h"

/// Asks for the cache line at `address`, to be written soon. A hint: any address is allowed.
static inline void tcpalive_prefetch(const void *address) { __builtin_prefetch(address, 1); }

/// The same, to be read.
static inline void tcpalive_prefetch_for_reading(const void *address) { __builtin_prefetch(address, 0); }

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
// The messages of sock_diag(7).
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/mman.h>
#include <sys/mman.h>

// <sys/mman.h> declares it where _GNU_SOURCE is defined before the first header of all, which is not for us to do.
extern void *mremap(void *old, size_t length, size_t wanted, int flags, ...);

/// Asks for large pages behind `length` bytes at `address` (MADV_HUGEPAGE, madvise(2)). A hint: refusal is no error.
static inline void tcpalive_prefer_large_pages(void *address, size_t length) { madvise(address, length, MADV_HUGEPAGE); }

/// New memory of `length` bytes, which are whole large pages, that begins on one. NULL where there is none.
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

/// The memory at `old` of `length` bytes, resized to `wanted`; 0 gives it back. NULL where there is none.
///
/// Pages are moved (mremap(2)), not copied, but for the one time that small pages become large ones; those that were never
/// touched take no memory.
static inline void *tcpalive_resize(void *old, size_t length, size_t wanted) {
    size_t large = 2u << 20;
    // Whole large pages, as a part of one is given in small ones, and stays so.
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
    void *memory = wanted >= large
        ? tcpalive_large_pages(wanted)
        : mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!memory || memory == MAP_FAILED) return NULL;
    if (!old) return memory;
    if (length >= large) {
        memory = mremap(old, length, wanted, MREMAP_MAYMOVE | MREMAP_FIXED, memory);
        return memory == MAP_FAILED ? NULL : memory;
    }
    memcpy(memory, old, length);
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
