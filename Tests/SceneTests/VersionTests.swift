import Testing

/// `--version` and `-V`.
@Suite("Version")
struct VersionTests {
    @Test(
        "The version, the commit, the libraries and Wireshark's versions, each on a line",
        arguments: ["--version", "-V"])
    func version(flag: String) throws {
        let run = try Tool.run([flag])
        #expect(run.status == 0)
        #expect(run.errors == "")
        // Without Git there is no commit.
        #expect(
            try
                #/
                tcpalive\ \d+\.\d+\.\d+(?:\ \(commit\ [0-9a-f]{12}(?:,\ modified)?\))?\n
                libpcap\ \d[^\n,]*,\ zlib\ \d[^\n,]*,\ zstd\ \d[^\n,]*\n
                Wireshark\ marks:\ 4\.0,\ 4\.4,\ 4\.6\n
                /#.wholeMatch(in: run.output) != nil, "\(run.output)")
    }
}
