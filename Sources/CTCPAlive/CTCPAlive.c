// SwiftPM requires a source file. All code is in the headers.
#include "CTCPAlive.h"
