#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static char end[256];
static volatile sig_atomic_t is_protected = 0;

static const int crashes[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
#define COUNT (sizeof crashes / sizeof *crashes)
static struct sigaction actions[COUNT];

void tcpalive_restore_terminal(void) {
    if (!is_protected) return;
    is_protected = 0;
    int code = errno;
    size_t length = strlen(end);
    ssize_t written = length ? write(STDOUT_FILENO, end, length) : 0;
    (void)written;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    errno = code;
}

/// Restores the terminal, and lets the signal have the effect that it had before.
static void crash(int number) {
    tcpalive_restore_terminal();
    for (size_t index = 0; index < COUNT; index++) {
        if (crashes[index] == number) sigaction(number, &actions[index], NULL);
    }
    // It is blocked until this handler returns.
    raise(number);
}

void tcpalive_protect_terminal(void) {
    end[0] = 0;
    if (tcgetattr(STDIN_FILENO, &before) != 0) return;
    // A stack of its own, because the usual one may be used up.
    static char memory[65536];
    stack_t stack = {0};
    stack.ss_sp = memory;
    stack.ss_size = sizeof memory;
    sigaltstack(&stack, NULL);
    struct sigaction action = {0};
    action.sa_handler = crash;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < COUNT; index++) sigaction(crashes[index], &action, &actions[index]);
    is_protected = 1;
}

void tcpalive_set_terminal_end(const char *sequence) {
    strncpy(end, sequence, sizeof end - 1);
    end[sizeof end - 1] = 0;
}

void tcpalive_release_terminal(void) {
    if (is_protected) {
        for (size_t index = 0; index < COUNT; index++) sigaction(crashes[index], &actions[index], NULL);
    }
    is_protected = 0;
}
