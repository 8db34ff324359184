// A target of its own, so that a new commit compiles only this file.
#include "CCommit.h"

const char *tcpalive_commit(void) { return TCPALIVE_COMMIT; }
