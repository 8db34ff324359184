// Memory that a file is mapped into, read although the file may be cut meanwhile.
#pragma once

#include <stddef.h>

/// Has zeros stand in for what cannot be had any more of the mapped file at `start`, of `length` octets.
///
/// Where a page of such memory is read that its file has no more, or that the disk does not give, the system sends SIGBUS
/// (mmap(2)). From the first call on a handler takes that up; all other SIGBUS go to whatever was in force before.
/// Returns what the other functions take; -1 where too many files are mapped.
int tcpalive_mapping_guard(const void *start, size_t length);

/// How many octets from the start on were never missed: `length` where all could be had.
size_t tcpalive_mapping_sound(int guard);

/// Ends the guard, of memory that nobody reads any more.
void tcpalive_mapping_unguard(int guard);

/// How often the system had to do something when every octet of the mapped file at `start` was touched that is `step` from
/// the one before, `length` in all. 0 where not all of it was in the cache, -1 where that cannot be known.
long tcpalive_mapping_faults(const void *start, size_t length, size_t step);
