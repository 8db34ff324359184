import CLibFuzzer
import FuzzTargets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

// The name of the target is in the environment, because all arguments are libFuzzer's.
let name = unsafe getenv("TCPALIVE_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
guard let chosen = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    print("TCPALIVE_FUZZ_TARGET is '\(name)', and must be one of: \(names)")
    exit(2)
}
// The function below is C, so it cannot capture the constant, and a global of main.swift is checked at each access.
fuzzTarget.set(chosen)

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
exit(
    unsafe LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        unsafe runTarget(UnsafeBufferPointer(start: bytes, count: count))
        return 0
    })
