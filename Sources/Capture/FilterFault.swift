internal import CPcap
internal import Platform

/// Finds the word at fault in a filter that libpcap refuses, because libpcap says no more than "syntax error".
///
/// The filter is compiled word by word, with something that may follow. The first word after which nothing can follow is at
/// fault, or the word before it, if that is a name where a keyword is more likely. Names are replaced by numbers, so that
/// libpcap looks none of them up.
package struct FilterFault {
    private let words: [Word]
    private let dataLink: Int32

    private struct Word {
        let text: String
        /// What is compiled instead of it.
        let compiled: String
        /// Whether it is a name, and nothing says of what.
        let isBareName: Bool
    }

    /// What is wrong with `filter` for packets of `dataLink`, which libpcap refused for `reason`.
    static func sentence(_ filter: String, _ reason: String, for dataLink: Int32) -> String {
        let fault = FilterFault(filter, for: dataLink)
        if reason.contains("syntax error") { return fault.syntaxError ?? reason }
        // A misspelled keyword is a host name to libpcap.
        let parts = reason.split(separator: "'")
        if parts.count == 2, reason.hasPrefix("unknown "),
            let word = fault.words.first(where: { $0.text == parts[1] && $0.isBareName })
        {
            return notUnderstood(word.text) + ": neither a keyword nor a known \(parts[0].dropFirst(8).dropLast())"
                + suggestion(for: word.text)
        }
        return reason
    }

    private init(_ filter: String, for dataLink: Int32) {
        self.dataLink = dataLink
        var words: [Word] = []
        var kind = ""
        for text in Self.split(filter) {
            if Self.kinds.contains(text) { kind = text }
            let isName = Self.isName(text)
            let before = words.last?.text ?? ""
            words.append(
                Word(
                    text: text, compiled: isName ? Self.substitute(for: kind) : text,
                    isBareName: isName && !Self.kinds.contains(before) && before != "/"))
        }
        self.words = words
    }

    /// The sentence about the word at fault; nil: the filter compiles apart from the names in it.
    private var syntaxError: String? {
        for index in words.indices where !canContinue(after: index) {
            if index > 0, words[index - 1].isBareName {
                let word = words[index - 1].text
                return Self.notUnderstood(word) + Self.suggestion(for: word)
            }
            let word = words[index].text
            if words[index].isBareName { return Self.notUnderstood(word) + Self.suggestion(for: word) }
            return index == 0
                ? "\"\(word)\" cannot begin a filter" : "\"\(word)\" cannot follow \"\(words[index - 1].text)\""
        }
        guard let last = words.last, !isAccepted(words.map(\.compiled).joined(separator: " ")) else { return nil }
        if last.isBareName { return Self.notUnderstood(last.text) + Self.suggestion(for: last.text) }
        return "something must follow \"\(last.text)\""
    }

    private static func notUnderstood(_ word: String) -> String { "\"\(word)\" is not understood" }

    private static func suggestion(for word: String) -> String {
        let near = word.nearest(of: keywords.subtracting(["protochain"]).sorted())
        return near.isEmpty ? "" : "; did you mean \(String.alternatives(near))?"
    }

    /// Whether a filter can begin with the words up to `index`.
    private func canContinue(after index: Int) -> Bool {
        let start = words[...index].map(\.compiled).joined(separator: " ")
        var open = words[...index].reduce(into: "") { open, word in
            if word.text == "(" || word.text == "[" { open += word.text }
            if word.text == ")" || word.text == "]" { open = String(open.dropLast()) }
        }
        var end = ""
        while let last = open.popLast() {
            // The outermost brackets have a value, which must be compared.
            end += last == "(" ? " )" : open.contains("[") ? " ]" : " ] = 1"
        }
        return Self.continuations.contains { isAccepted("\(start) \($0)\(end)") }
    }

    /// Whether libpcap finds no syntax error in `filter`.
    private func isAccepted(_ filter: String) -> Bool {
        guard let handle = unsafe pcap_open_dead(dataLink, 65_535) else { return true }
        defer { unsafe pcap_close(handle) }
        var program = unsafe bpf_program()
        if unsafe pcap_compile(handle, &program, filter, 0, bpf_u_int32.max) == 0 {
            unsafe pcap_freecode(&program)
            return true
        }
        return unsafe !String(cString: pcap_geterr(handle)).contains("syntax error")
    }

    // MARK: - Words

    /// The words of `filter`: names, numbers and addresses, and operators.
    private static func split(_ filter: String) -> [String] {
        var words: [String] = []
        var isInWord = false
        for character in filter {
            let isWord = character.isLetter || character.isNumber || "._-:\\".contains(character)
            if character.isWhitespace {
                isInWord = false
                continue
            }
            let isPair = words.last.map { !isInWord && pairs.contains($0 + String(character)) } ?? false
            if isWord && isInWord || isPair, let last = words.popLast() {
                words.append(last + String(character))
            } else {
                words.append(String(character))
            }
            isInWord = isWord
        }
        return words
    }

    private static let pairs: Set<String> = ["&&", "||", "==", "!=", "<=", ">=", "<<", ">>"]

    /// Whether `filter` begins with a keyword of filters (pcap-filter(7)).
    package static func beginsWithKeyword(_ filter: String) -> Bool {
        guard let first = split(filter).first else { return false }
        return keywords.contains(first) && !["and", "or"].contains(first) || ["!", "("].contains(first)
    }

    /// Whether `filter` has a name that libpcap may look up: of a host, a network, a port or a protocol.
    ///
    /// In doubt it has one: names may begin with a digit, and keywords behind a backslash are names.
    static func hasName(_ filter: String) -> Bool {
        split(filter).contains { word in
            let isNumber = word.hasPrefix("0x") && word.dropFirst(2).allSatisfy(\.isHexDigit)
            return word.contains(where: \.isLetter) && !keywords.contains(word) && !isNumber && !isAddressOrValue(word)
        }
    }

    /// Whether `word` is a name that libpcap may look up.
    private static func isName(_ word: String) -> Bool {
        guard let first = word.first, first.isLetter || first == "_", !keywords.contains(word) else { return false }
        return !isAddressOrValue(word)
    }

    /// Whether `word` is an address of IPv6 or Ethernet, or the name of a value: tcp-syn, icmp-echo.
    private static func isAddressOrValue(_ word: String) -> Bool {
        word.contains(":")
            || ["tcp-", "tcpflags", "icmp-", "icmptype", "icmpcode", "icmp6"].contains { word.hasPrefix($0) }
    }

    /// Something of `kind` that libpcap does not have to look up.
    private static func substitute(for kind: String) -> String {
        switch kind {
        case "port", "proto", "protochain": "1"
        case "portrange": "1-2"
        case "ether": "00:00:00:00:00:01"
        default: "1.2.3.4"
        }
    }

    /// What may follow a word.
    private static let continuations = [
        "", "1", "1.2.3.4", "1-2", "tcp", "port 1", "host 1.2.3.4", "= 1", "1 = 1", "00:00:00:00:00:01", "1.0.0.0/8",
    ]

    /// The keywords that a name may follow.
    private static let kinds: Set<String> = [
        "host", "net", "mask", "port", "portrange", "proto", "protochain", "gateway", "src", "dst", "ether", "type",
        "subtype", "direction", "dir", "ifname", "on", "reason", "action", "rset", "ruleset",
    ]

    /// The keywords of pcap-filter(7).
    private static let keywords: Set<String> = kinds.union([
        "link", "ppp", "slip", "fddi", "tr", "wlan", "arp", "rarp", "ip", "ip6", "sctp", "tcp", "udp", "icmp", "icmp6",
        "igmp", "igrp", "pim", "vrrp", "carp", "ah", "esp", "aarp", "atalk", "decnet", "iso", "stp", "ipx", "netbeui",
        "lat", "moprc", "mopdl", "less", "greater", "byte", "broadcast", "multicast", "and", "or", "not", "len",
        "length",
        "inbound", "outbound", "ifindex", "vlan", "mpls", "pppoed", "pppoes", "geneve", "llc", "radio", "lane", "vpi",
        "vci", "rnr", "rulenum", "srnr", "subrulenum",
    ])
}
