/// The check of a connection between `probe-path --with listen` and `listen`: a byte there, and another one back.
///
/// An acknowledgment would not do: a proxy acknowledges what it has not passed on. The bytes are ENQ and ACK of ASCII.
package enum PathCheck {
    /// What the prober sends.
    package static let question: UInt8 = 5
    /// What the listener answers.
    package static let answer: UInt8 = 6
}
