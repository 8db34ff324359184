// Compiles the headers, which have the code that is inlined.
#include "CTCPAlive.h"
