// Connects to ADDRESS PORT (IPv4), without keep-alives, prints its process id, and stays until it is killed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count != 3) return 2;
    int number = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[2]))};
    if (inet_pton(AF_INET, words[1], &address.sin_addr) != 1) return 2;
    if (connect(number, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        return 1;
    }
    printf("process %d descriptor %d\n", (int)getpid(), number);
    fflush(stdout);
    for (;;) pause();
}
