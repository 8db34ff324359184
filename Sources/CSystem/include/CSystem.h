// What Swift cannot import or should not spell: intrinsics and hints to the system. Header only.
#pragma once

#include "packet_socket.h"

/// Asks for the cache line at `address`, to be written soon. A hint: any address is allowed.
static inline void tcpalive_prefetch(const void *address) { __builtin_prefetch(address, 1); }

#if defined(__linux__)
// The messages of sock_diag(7).
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/mman.h>

/// Asks for large pages behind `length` octets at `address` (MADV_HUGEPAGE, madvise(2)). A hint: refusal is no error.
static inline void tcpalive_prefer_large_pages(void *address, size_t length) { madvise(address, length, MADV_HUGEPAGE); }
#else
static inline void tcpalive_prefer_large_pages(void *address, size_t length) {}
#endif
