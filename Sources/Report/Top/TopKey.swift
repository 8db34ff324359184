/// A key of the keyboard, as `tcpalive top` understands it.
package enum TopKey: Sendable, Equatable {
    case up, down, pageUp, pageDown, home, end
    case enter, escape, backspace
    /// A function key, from 1.
    case function(Int)
    /// A character.
    case character(Character)
}
