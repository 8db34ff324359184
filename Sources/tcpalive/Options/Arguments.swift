import ArgumentParser
import KeepAlive
import Sockets

// How the values of options are read. An error gives the reason and what is valid; the parser adds the option.

/// The whole number in `argument`. Throws `ValidationError` if it is none, or outside `range` of `unit`.
func wholeNumber<Number: FixedWidthInteger & Sendable>(
    _ argument: String, _ range: ClosedRange<Number>, of unit: String
) throws -> Number {
    guard let number = Number(argument), range.contains(number) else {
        let bounds =
            range.upperBound == .max ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        throw ValidationError("it is not a whole number of \(unit), \(bounds).")
    }
    return number
}

/// The number of something, such as a process, in `argument`. Throws `ValidationError` if it is no `name`.
func identifier<Number: FixedWidthInteger & Sendable>(
    _ argument: String, _ range: ClosedRange<Number>, _ name: String
) throws -> Number {
    guard let number = Number(argument), range.contains(number) else {
        throw ValidationError("it is no \(name), a number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
}

/// A limit of memory on the command line, such as `64M` or `1G`.
struct MemorySize: Sendable, Equatable {
    /// Bytes.
    let bytes: Int
    /// The least and the most that can be given.
    private static let range = 16 << 20...1 << 40

    /// The size in `argument`: a whole number of bytes, or with K, M or G after it. Throws `ValidationError`.
    init(_ argument: String) throws {
        let units: [Character: Int] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        let unit = argument.lowercased().last.flatMap { units[$0] }
        let number = Int(unit == nil ? argument[...] : argument.dropLast())
        let product = number.map { $0.multipliedReportingOverflow(by: unit ?? 1) }
        guard let product, !product.overflow, Self.range.contains(product.partialValue) else {
            throw ValidationError("it is not a size from 16M to 1024G, such as 64M, 256M or 2G.")
        }
        bytes = product.partialValue
    }
}

/// How much memory connections may take.
struct MemoryOptions: ParsableArguments {
    @Option(
        name: .customLong("memory"), parsing: .unconditional,
        help: ArgumentHelp(
            "Memory for connections and what is known about them, with K, M or G after it (default: 256M). Beyond it, connections are evicted: attempts first, those with keep-alives last.",
            valueName: "size"), transform: { try MemorySize($0) })
    var size: MemorySize?

    /// The limit (bytes).
    var bytes: Int { size?.bytes ?? ConnectionTracker.defaultMemoryLimit }
}

/// The whole seconds in `argument`, such as `60`, `60s`, `2m`, `1h` or `1m30s`, within the bounds of `option`. Throws
/// `ValidationError`.
func wholeSeconds(_ argument: String, for option: KeepAliveOption) throws -> Int {
    guard let seconds = seconds(in: argument), option.bounds.contains(seconds) else {
        throw ValidationError(
            "\(option.name) is a time from \(option.bounds.lowerBound) to \(option.bounds.upperBound) seconds without "
                + "fractions, such as 60, 60s, 2m or 1h.")
    }
    return seconds
}

/// The seconds in a time such as `60`, `60s`, `2m`, `1h` or `1m30s`; nil if `text` is not a time.
func seconds(in text: some StringProtocol) -> Int? {
    if let seconds = Int(text) { return seconds }
    var rest = Substring(text)
    var seconds = 0
    for (unit, length) in [("h", 3600), ("m", 60), ("s", 1)] as [(Character, Int)] {
        guard let end = rest.firstIndex(of: unit) else { continue }
        let digits = rest[..<end]
        // Few enough that no product overflows.
        guard (1...9).contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
            let number = Int(digits)
        else { return nil }
        seconds += number * length
        rest = rest[rest.index(after: end)...]
    }
    return rest.isEmpty && !text.isEmpty ? seconds : nil
}

/// A time on the command line, such as `60`, `2.5`, `90s` or `1h30m`.
struct Seconds: Sendable, Equatable {
    /// The time.
    let duration: Duration

    /// The time in `argument`, from 0.001 to 1000000000 seconds. Throws `ValidationError`.
    init(_ argument: String) throws {
        guard let seconds = Self.number(in: argument), seconds >= 0.001, seconds <= 1e9 else {
            throw ValidationError("it is not a time from 0.001 to 1000000000 seconds, such as 60, 2.5, 90s, 5m or 1h.")
        }
        duration = .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// The time in `argument`, within the bounds of TCP_USER_TIMEOUT. Throws `ValidationError`.
    init(userTimeout argument: String) throws {
        let bounds = KeepAliveOption.userTimeout.bounds
        guard let seconds = Self.number(in: argument),
            (Double(bounds.lowerBound)...Double(bounds.upperBound)).contains(seconds * 1000)
        else {
            throw ValidationError(
                "it is not a time between \(bounds.lowerBound) and \(Double(bounds.upperBound) / 1000) seconds, the "
                    + "bounds of the kernel for TCP_USER_TIMEOUT.")
        }
        // Zero means no timeout, so a value below one millisecond becomes one.
        duration = .milliseconds(max(seconds > 0 ? 1 : 0, Int64((seconds * 1000).rounded())))
    }

    /// A time of whole seconds.
    init(_ seconds: Int) {
        duration = .seconds(seconds)
    }

    /// The seconds in `argument`, which may have a fraction if it has no unit but `s`.
    private static func number(in argument: String) -> Double? {
        if let number = Double(argument) { return number }
        if argument.last == "s", let number = Double(argument.dropLast()) { return number }
        return seconds(in: argument).map(Double.init)
    }

    /// The time in milliseconds.
    var milliseconds: Int {
        Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }
}

/// The bytes to keep of each packet on the command line.
enum Snaplen {
    /// The fewest bytes: a probe with the usual headers, which are Ethernet with two VLAN tags (22 bytes), IPv6 (40), TCP
    /// with timestamps (32), and the byte that a probe may carry. `any` needs no more, because its cooked header has 20.
    static let range = 96...262_144

    /// The snaplen in `argument`. Throws `ValidationError` if it is outside `range`.
    static func bytes(_ argument: String) throws -> Int {
        if let number = Int(argument), (0..<range.lowerBound).contains(number) {
            throw ValidationError(
                "\(number) bytes would cut TCP headers, and keep-alives would not be seen. At least \(range.lowerBound) "
                    + "hold Ethernet with VLAN tags, IPv6, and TCP with timestamps.")
        }
        return try wholeNumber(argument, range, of: "bytes")
    }
}
