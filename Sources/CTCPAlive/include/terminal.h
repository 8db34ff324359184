// A terminal that a crash leaves as it was.
#pragma once

/// Remembers the settings of the terminal on standard input (tcgetattr(3)). From now on the signals of a crash, and SIGQUIT,
/// restore it before they have their usual effect. Call it before the settings change.
void tcpalive_protect_terminal(void);

/// Sets what is written to standard output when the terminal is restored: at most 255 bytes.
void tcpalive_set_terminal_end(const char *sequence);

/// Restores the terminal, if it is protected. A signal handler may call it.
void tcpalive_restore_terminal(void);

/// The terminal is as it was: nothing is to be restored any more.
void tcpalive_release_terminal(void);
