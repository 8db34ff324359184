import FuzzTargets

/// The target of this process. It is set once, before libFuzzer starts, and libFuzzer has one thread.
@safe struct ChosenTarget: @unchecked Sendable {
    private let target = UnsafeMutablePointer<FuzzTarget>.allocate(capacity: 1)

    func set(_ chosen: FuzzTarget) { unsafe target.initialize(to: chosen) }

    var value: FuzzTarget { unsafe target.pointee }
}

let fuzzTarget = ChosenTarget()

/// Runs the target with `input`; a failure ends the process with its description, which libFuzzer records.
func runTarget(_ input: UnsafeBufferPointer<UInt8>) {
    do {
        // A copy of its own, so that AddressSanitizer sees a read beyond its end.
        try fuzzTarget.value.run(unsafe Array(input))
    } catch {
        fatalError("\(fuzzTarget.value.rawValue): \(error)")
    }
}
