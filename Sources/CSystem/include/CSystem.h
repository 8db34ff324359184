// What Swift cannot import or should not spell: intrinsics and hints to the system. Header only.
#pragma once

#include "packet_socket.h"

/// Asks for the cache line at `address`, to be written soon. A hint: any address is allowed.
static inline void tcpalive_prefetch(const void *address) { __builtin_prefetch(address, 1); }

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

/// Asks for large pages behind `length` octets at `address` (MADV_HUGEPAGE, madvise(2)). A hint: refusal is no error.
static inline void tcpalive_prefer_large_pages(void *address, size_t length) { madvise(address, length, MADV_HUGEPAGE); }

/// The memory at `old` of `length` octets, resized to `wanted`; 0 gives it back. NULL where there is none.
///
/// Pages are moved (mremap(2)), never copied, so that no two copies exist; pages never touched take no memory.
static inline void *tcpalive_resize(void *old, size_t length, size_t wanted) {
    if (wanted == 0) {
        if (old) munmap(old, length);
        return NULL;
    }
    void *memory = old ? mremap(old, length, wanted, MREMAP_MAYMOVE)
                       : mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    if (wanted >= 4u << 20) tcpalive_prefer_large_pages(memory, wanted);
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
