// Stands in for parts of libraries in the binary of `make dist`, which is linked statically (see static.sh).
#include <math.h>
#include <stddef.h>
#include <sys/random.h>

// Two parts of libpcap: there are no messages of D-Bus to capture and no RDMA devices, and no name is one of theirs.
struct pcap;
struct pcap_if_list;

int dbus_findalldevs(struct pcap_if_list *devices, char *error) { return 0; }

struct pcap *dbus_create(const char *device, char *error, int *isOurs) {
    *isOurs = 0;
    return NULL;
}

int rdmasniff_findalldevs(struct pcap_if_list *devices, char *error) { return 0; }

struct pcap *rdmasniff_create(const char *device, char *error, int *isOurs) {
    *isOurs = 0;
    return NULL;
}

// The rest keeps the binary usable with glibc 2.34: Red Hat Enterprise Linux 9 has that version.

// glibc 2.36, for std::random_device.
unsigned arc4random(void) {
    unsigned value = 0;
    getrandom(&value, sizeof value, 0);
    return value;
}

// glibc 2.35 has a version of its own.
float hypotf(float x, float y) { return (float)sqrt((double)x * x + (double)y * y); }

// glibc 2.35, for C++ exceptions. The Swift runtime throws none; with -1 (not found), one would end the program.
int _dl_find_object(void *address, void *result) { return -1; }
