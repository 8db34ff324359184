// What Swift cannot import: compiler intrinsics. Header only.
#pragma once

/// Asks for the cache line at `address`, to be written soon. A hint: any address is allowed.
static inline void tcpalive_prefetch(const void *address) { __builtin_prefetch(address, 1); }
