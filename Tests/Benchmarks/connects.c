// Measures connect(2) on loopback: connects COUNT times, prints median, 99th percentile and maximum in microseconds, and how many
// of the sockets had keep-alive enabled when connect(2) returned. Then the same for setsockopt(2) of SO_KEEPALIVE, which with
// `tcpalive run` is nothing but the time until the helper has set the options. `make bench-run` runs it with and without.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void print(const char *call, int64_t *times, int count) {
    qsort(times, (size_t)count, sizeof *times, compare);
    printf(
        "%s: median %.1f us, 99th percentile %.1f us, maximum %.1f us\n", call, (double)times[count / 2] / 1000,
        (double)times[(int)(count * 0.99)] / 1000, (double)times[count - 1] / 1000);
}

int main(int words, char **word) {
    int count = words > 1 ? atoi(word[1]) : 1000;
    if (count < 1 || count > 1000000) return 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    if (listen(listener, 4096) != 0 || getsockname(listener, (struct sockaddr *)&address, &length) != 0) return 1;
    pid_t server = fork();
    if (server == 0) {
        for (;;) {
            int accepted = accept(listener, NULL, NULL);
            if (accepted < 0) _exit(1);
            close(accepted);
        }
    }
    int64_t *times = calloc((size_t)count, sizeof *times), *options = calloc((size_t)count, sizeof *options);
    int enabled = 0, failures = times == NULL || options == NULL;
    for (int index = 0; index < count && failures == 0; index++) {
        int number = socket(AF_INET, SOCK_STREAM, 0);
        int64_t start = now();
        if (number < 0 || connect(number, (struct sockaddr *)&address, sizeof address) != 0) {
            perror("connect");
            failures++;
            break;
        }
        times[index] = now() - start;
        int is_enabled = 0;
        length = sizeof is_enabled;
        getsockopt(number, SOL_SOCKET, SO_KEEPALIVE, &is_enabled, &length);
        enabled += is_enabled != 0;
        int yes = 1;
        start = now();
        failures += setsockopt(number, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes) != 0;
        options[index] = now() - start;
        // Without TIME_WAIT, ports do not run out.
        struct linger linger = {1, 0};
        setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(number);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    if (failures == 0) {
        print("connect", times, count);
        print("setsockopt", options, count);
        printf("keep-alive was enabled on %d of %d sockets\n", enabled, count);
    }
    free(times);
    free(options);
    return failures > 0;
}
