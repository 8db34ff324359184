#pragma once
// Functions instead of macros, which Swift does not see.
#define NCURSES_NOMACROS 1
// Characters of any alphabet.
#define NCURSES_WIDECHAR 1
#include <curses.h>

/// Takes the terminal of standard output and input, of the type TERM; NULL if the type is unknown.
static inline SCREEN *tcpalive_new_screen(void) { return newterm(NULL, stdout, stdin); }

/// The window of the whole screen.
static inline WINDOW *tcpalive_screen_window(void) { return stdscr; }

/// The attributes of text in color `pair`, reversed or bold.
static inline int tcpalive_attributes(int pair, int is_reversed, int is_bold) {
    return (int)(COLOR_PAIR(pair) | (is_reversed ? A_REVERSE : 0) | (is_bold ? A_BOLD : 0));
}
