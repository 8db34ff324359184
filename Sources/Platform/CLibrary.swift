// The C library of the platform, for this module and for those that import it: the only file that names it.
#if canImport(Glibc)
    @_exported public import Glibc
#elseif canImport(Darwin)
    @_exported public import Darwin
#endif
