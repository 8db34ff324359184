// Counts the calls of malloc in whatever it is loaded into, and tells the number at the end.
//
//   cc -shared -fPIC -O2 allocations.c -o allocations.so && LD_PRELOAD=./allocations.so tcpalive ...
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long calls;
static void *(*next)(size_t);

void *malloc(size_t size) {
    if (!next) next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    calls++;
    return next(size);
}

__attribute__((destructor)) static void tell(void) { fprintf(stderr, "%lu\n", calls); }
