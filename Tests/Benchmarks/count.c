// count FILE
//
// Reads and counts the packets of a capture: the least that a libpcap program can do.
//
//   cc -O2 count.c -lpcap -o count && ./count small.pcap
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv) {
    char error[PCAP_ERRBUF_SIZE];
    if (argc != 2) {
        fprintf(stderr, "usage: count FILE\n");
        return 64;
    }
    pcap_t *capture = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, error);
    if (!capture) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    struct pcap_pkthdr *header;
    const u_char *packet;
    unsigned long packets = 0, bytes = 0;
    while (pcap_next_ex(capture, &header, &packet) == 1) {
        packets++;
        bytes += header->len;
    }
    printf("%lu packets, %lu bytes\n", packets, bytes);
    pcap_close(capture);
    return 0;
}
