// What a process that has been taken over would try: for tests of the sandbox. Only on Linux.
#pragma once

#if defined(__linux__)
/// Tries what `name` stands for, with the file at `path`. Returns 0 if the system allows it, its errno, or -1: unknown name.
int probe_try(const char *name, const char *path);

/// The name of attempt number `index`; NULL: there are no more.
const char *probe_name(int index);

/// The name of an errno, such as EPERM; "ok" for 0.
const char *probe_error(int code);

/// Makes the system calls of Landlock and seccomp(2) fail from now on, as in an old kernel. Returns 0 or an errno.
int probe_become_old_kernel(void);
#endif
