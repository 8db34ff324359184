#define _GNU_SOURCE
#include "mapped_file.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// A table of fixed size: a signal handler may take no lock and follow no list that others change.
enum { GUARDS = 64, FREE = 0, TAKEN = 1 };

static struct {
    // The address of the mapping, or one of the above.
    atomic_uintptr_t start;
    atomic_size_t length, sound;
} guards[GUARDS];

static struct sigaction before;
static uintptr_t page_size;

static void pass_on(int number, siginfo_t *information, void *context) {
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(number, information, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    } else if (information->si_code > 0) {
        // What was read is read again, and this time the process ends of it, also where the signal was ignored.
        signal(number, SIG_DFL);
    } else if (before.sa_handler == SIG_DFL) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void put_zeros(int number, siginfo_t *information, void *context) {
    uintptr_t address = (uintptr_t)information->si_addr;
    for (int guard = 0; guard < GUARDS && information->si_code > 0; guard++) {
        uintptr_t start = atomic_load(&guards[guard].start);
        size_t length = atomic_load(&guards[guard].length);
        if (start <= TAKEN || address < start || address - start >= length) continue;
        // The length is another's, where the guard changed hands in between.
        if (atomic_load(&guards[guard].start) != start) continue;
        // To the end: where one page is gone, those behind it are of no use.
        uintptr_t page = address & ~(page_size - 1);
        // First of all: who sees the zeros must find that they are none of the file's.
        size_t sound = atomic_load(&guards[guard].sound);
        while (sound > page - start && !atomic_compare_exchange_weak(&guards[guard].sound, &sound, page - start)) {}
        int error = errno;
        void *zeros = mmap((void *)page, start + length - page, PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = error;
        if (zeros == MAP_FAILED) break;
        return;
    }
    pass_on(number, information, context);
}

static void install(void) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

int tcpalive_mapping_guard(const void *start, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    for (int guard = 0; guard < GUARDS; guard++) {
        uintptr_t expected = FREE;
        if (!atomic_compare_exchange_strong(&guards[guard].start, &expected, TAKEN)) continue;
        atomic_store(&guards[guard].length, length);
        atomic_store(&guards[guard].sound, length);
        atomic_store(&guards[guard].start, (uintptr_t)start);
        return guard;
    }
    return -1;
}

size_t tcpalive_mapping_sound(int guard) { return atomic_load(&guards[guard].sound); }

void tcpalive_mapping_unguard(int guard) { atomic_store(&guards[guard].start, FREE); }

long tcpalive_mapping_faults(const void *start, size_t length, size_t step) {
#if defined(__linux__)
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t place = 0; place < length; place += step) {
        unsigned char is_cached = 0;
        if (mincore((char *)start + place, page, &is_cached) != 0 || !(is_cached & 1)) return 0;
    }
    struct rusage earlier, later;
    getrusage(RUSAGE_THREAD, &earlier);
    for (size_t place = 0; place < length; place += step) (void)*(const volatile char *)((const char *)start + place);
    getrusage(RUSAGE_THREAD, &later);
    // Of files of others mincore(2) tells nothing.
    return later.ru_majflt > earlier.ru_majflt ? 0 : later.ru_minflt - earlier.ru_minflt;
#else
    return -1;
#endif
}
