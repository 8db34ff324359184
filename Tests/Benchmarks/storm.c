// storm SEGMENTS RATE
//
// Sends SEGMENTS small TCP segments to lo, RATE a second and evenly spaced: single bytes and their ACKs in turn over
// 512 connections, in frames of 66 or 67 bytes with the timestamp option. One segment in 1,000 is a keep-alive probe, and
// the next of its connection is the answer. Prints
// "SENT sent, MARKS probes and answers, RATE a second, at most LATE ms late".
//
//   cc -O2 storm.c -o storm && ip netns exec SPACE ./storm 6000000 200000
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// Segments per burst: few, so that frames are evenly spaced, but enough that the kernel gets processor time.
enum { burst = 32, connections = 512, conversation = 500 };

static void put16(unsigned char *p, uint16_t v) { v = htons(v); memcpy(p, &v, 2); }
static void put32(unsigned char *p, uint32_t v) { v = htonl(v); memcpy(p, &v, 4); }

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint32_t seq[connections], ack[connections], turns[connections];
static unsigned char frames[burst][67];
static long marks;

// Writes the next segment of connection k and returns its size in bytes.
static size_t write_segment(unsigned char *frame, int k, uint32_t milliseconds) {
    unsigned char *ip = frame + 14, *tcp = ip + 20;
    uint32_t turn = turns[k]++, exchange = turn / 2;
    int from_server = turn & 1;
    // Connections probe at different times, and only after their first byte.
    int probe = exchange > 0 && (exchange + k) % conversation == 0;
    int length = !from_server && !probe;
    marks += probe;
    uint32_t client = 0x0a090000 + 2 + k, server = 0x0a0a0001;
    put16(ip + 2, 52 + length);
    put32(ip + 12, from_server ? server : client);
    put32(ip + 16, from_server ? client : server);
    put16(tcp, from_server ? 443 : 20000 + k);
    put16(tcp + 2, from_server ? 20000 + k : 443);
    put32(tcp + 4, from_server ? ack[k] : seq[k] - probe);
    put32(tcp + 8, from_server ? seq[k] : ack[k]);
    tcp[13] = length ? 0x18 : 0x10;
    put32(tcp + 24, milliseconds);
    put32(tcp + 28, milliseconds);
    seq[k] += length;
    return 66 + length;
}

int main(int argc, char **argv) {
    long segments = argc == 3 ? atol(argv[1]) : 0, rate = argc == 3 ? atol(argv[2]) : 0;
    if (segments < 1 || rate < 1) {
        fprintf(stderr, "usage: storm SEGMENTS RATE\n");
        return 64;
    }
    // No protocol: this socket itself receives nothing.
    int packets = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll lo = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex("lo")};
    int on = 1;
    // With the bypass the outgoing copy is not captured, so a ring has each frame once, as on any other interface.
    if (packets < 0 || bind(packets, (struct sockaddr *)&lo, sizeof lo) ||
        setsockopt(packets, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on)) {
        perror("storm: cannot send on lo");
        return 2;
    }
    struct mmsghdr messages[burst] = {0};
    struct iovec parts[burst];
    for (int i = 0; i < burst; i++) {
        // To the Ethernet address of another host, so that the kernel does not answer.
        memcpy(frames[i], "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0", 14);
        memcpy(frames[i] + 14, "\x45\0\0\0\0\0\x40\0\x40\6", 10);
        unsigned char *tcp = frames[i] + 34;
        tcp[12] = 0x80;
        put16(tcp + 14, 501);
        memcpy(tcp + 20, "\1\1\x08\x0a", 4);
        frames[i][66] = 'x';
        parts[i].iov_base = frames[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (int k = 0; k < connections; k++) {
        seq[k] = 2654435761u * (k + 1);
        ack[k] = 2246822519u * (k + 1);
    }

    int64_t start = now(), latest = 0;
    long sent = 0;
    while (sent < segments) {
        int64_t due = start + (int64_t)((double)sent * 1e9 / rate);
        struct timespec until = {due / 1000000000, due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
        int64_t late = now() - due;
        if (late > latest) latest = late;
        int count = segments - sent < burst ? (int)(segments - sent) : burst;
        for (int i = 0; i < count; i++)
            parts[i].iov_len = write_segment(frames[i], (sent + i) % connections, due / 1000000);
        for (int done = 0; done < count;) {
            int result = sendmmsg(packets, messages + done, count - done, 0);
            if (result > 0) {
                done += result;
            } else if (errno != EINTR) {
                perror("storm: sendmmsg");
                return 2;
            }
        }
        sent += count;
    }
    double took = (now() - start) / 1e9;
    printf("%ld sent, %ld probes and answers, %.0f a second, at most %.1f ms late\n", sent, marks, sent / took,
           latest / 1e6);
    return 0;
}
