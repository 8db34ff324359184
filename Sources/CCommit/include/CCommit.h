#pragma once

/// The Git commit that was built, 12 digits, followed by ", modified" if files differed; empty if it is not known.
const char *tcpalive_commit(void);
