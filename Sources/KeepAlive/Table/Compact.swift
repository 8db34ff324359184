// Property wrappers that store the facts about a connection compactly: a capture may have millions of connections.

/// A time or a duration (ns) that may be unknown, in eight bytes.
@propertyWrapper
public struct OptionalTime: Sendable, Equatable, BitwiseCopyable {
    private var nanoseconds = Int64.min

    /// Unknown.
    public init() {}

    /// The time or duration; nil: unknown.
    public var wrappedValue: Int64? {
        get { nanoseconds == .min ? nil : nanoseconds }
        set { nanoseconds = newValue ?? .min }
    }
}

/// A count in four bytes. A count beyond `UInt32.max` stays at that.
@propertyWrapper
public struct Count32: Sendable, Equatable, BitwiseCopyable {
    private var count: UInt32

    /// A count of `wrappedValue`.
    public init(wrappedValue: UInt64) {
        count = UInt32(clamping: wrappedValue)
    }

    /// The count.
    public var wrappedValue: UInt64 {
        get { UInt64(count) }
        set { count = UInt32(clamping: newValue) }
    }
}

/// A range of whole seconds that may be unknown, in eight bytes.
@propertyWrapper
public struct SecondsRange: Sendable, Equatable, BitwiseCopyable {
    /// The bounds; 0: unknown. No setting is 0.
    private var low: UInt32 = 0
    private var high: UInt32 = 0

    /// Unknown.
    public init() {}

    /// The range; nil: unknown.
    public var wrappedValue: ClosedRange<Int64>? {
        get { low == 0 ? nil : Int64(low)...Int64(high) }
        set {
            low = newValue.map { UInt32(clamping: max(1, $0.lowerBound)) } ?? 0
            high = newValue.map { UInt32(clamping: max(1, $0.upperBound)) } ?? 0
        }
    }
}
