/// How far a time zone is from UTC at one time, and what it is called then.
package struct ZoneOffset: Sendable, Equatable {
    /// Seconds east of UTC.
    package var seconds: Int64
    /// The abbreviation, such as `CET`.
    package var name: String

    /// The offset of `seconds` east of UTC, called `name`.
    package init(seconds: Int64, name: String) {
        self.seconds = seconds
        self.name = name
    }

    /// No offset.
    package static let utc = ZoneOffset(seconds: 0, name: "UTC")
}

/// The time zone of this process: `TZ`, or else the zone of the system (tzset(3)).
package enum LocalZone {
    /// The offset at `seconds` since 1970 (localtime_r(3)); UTC if the system has none.
    package static func offset(at seconds: Int64) -> ZoneOffset {
        _ = setZone
        var time = time_t(seconds)
        var fields = unsafe tm()
        guard unsafe localtime_r(&time, &fields) != nil else { return .utc }
        guard let name = unsafe fields.tm_zone else {
            return unsafe ZoneOffset(seconds: Int64(fields.tm_gmtoff), name: "")
        }
        return unsafe ZoneOffset(seconds: Int64(fields.tm_gmtoff), name: String(cString: name))
    }

    /// Reads the rules of the zone now, and never again: later the process may not be able to.
    ///
    /// Without `TZ`, strftime(3) looks at each call whether the file has changed, and would go on in UTC. Call it before there
    /// are threads.
    package static func load() {
        let file = "/etc/localtime"
        if ColorRule.variable("TZ") == nil, systemMayExist(file) { unsafe setenv("TZ", ":\(file)", 1) }
        _ = offset(at: 0)
    }

    /// POSIX does not require localtime_r(3) to read `TZ`.
    private static let setZone: Void = tzset()
}
