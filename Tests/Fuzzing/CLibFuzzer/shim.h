// libFuzzer, which has no header for its driver (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library).
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with the arguments of main, and calls `run` with each input. Returns the exit status.
extern int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run)(const uint8_t *bytes, size_t count));
