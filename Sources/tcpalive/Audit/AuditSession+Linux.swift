#if os(Linux)
    import Platform
    import Report
    import Sandbox
    import Sockets
    import Wire

    /// A run of `tcpalive audit`.
    struct AuditSession: ~Copyable {
        private let selection: Audit.SelectionOptions
        private let assessment: Audit.AssessmentOptions
        private let report: Audit.ReportOptions
        private let filter: SocketFilter
        private let states: SocketStates
        private var source: AuditSource
        private let wakeup: SignalWakeup

        /// Opens what is necessary, and gives up rights that are not.
        init(
            _ selection: Audit.SelectionOptions, _ assessment: Audit.AssessmentOptions, _ report: Audit.ReportOptions
        ) throws {
            let filter = try SocketFilter(selection.sockets.filter)
            let wakeup = try SignalWakeup()
            var source = AuditSource(
                looksForProcesses: !report.noProcesses, pid: selection.sockets.pid,
                pathTimeout: assessment.path.timeout,
                repeats: report.watch != nil)
            if let pid = selection.sockets.pid { try SelectedProcess.requireProcess(pid) }
            if selection.allNetns {
                try source.openAll()
            } else if selection.netns.isEmpty {
                if let pid = selection.sockets.pid {
                    try SelectedProcess.requireOwnNamespace(pid, remedy: "add --netns \(pid)")
                }
                try source.openOwn()
            } else {
                for name in selection.netns { try source.open(name) }
            }
            self.selection = selection
            self.assessment = assessment
            self.report = report
            self.filter = filter
            self.wakeup = wakeup
            self.source = source
            states = filter.states(usual: selection.state?.states ?? .open)
            do throws(SystemError) {
                // Containers may start later.
                try InspectionRights.keepOnly(entersNamespaces: selection.allNetns && report.watch != nil)
            } catch {
                inform("this system cannot restrict tcpalive, which goes on with its rights (\(error))")
            }
        }

        /// Prints one report, or one after the other until Ctrl-C. Throws the exit status.
        mutating func run() throws {
            var output = Output(to: .standardOutput)
            var isFirst = true
            var failed = false
            var next = ContinuousClock.now
            repeat {
                let start = ContinuousClock.now
                let totals = try printReport(isFirst: isFirst, to: &output)
                if let level = assessment.failOn, totals.severity >= level.severity { failed = true }
                guard let period = report.watch else { break }
                isFirst = false
                next = start + period.duration
            } while try !wakeup.wait(until: next)
            if failed { throw ExitStatus.failedExpectation }
        }

        private mutating func printReport(isFirst: Bool, to output: inout Output) throws -> AuditTotals {
            // Rows of the other formats are written at once.
            let limit = report.format == .text ? report.limit.map(\.number) ?? 50 : 0
            var totals = AuditTotals(limit: limit)
            let time = WallClock.now
            var table = SocketTable(report.format == .tsv ? .tsv : .csv)
            let format = report.format
            switch format {
            case .json: try output.write { $0.append("{\"sockets\":[") }
            case .csv where isFirst, .tsv where isFirst: try output.write { table.appendHeader(to: &$0) }
            default: break
            }
            var rows = 0
            let selected = selection.sockets
            let filter = filter
            try source.forEachRow(
                in: states,
                where: { socket in
                    selected.hasPort(socket) && filter.matches(socket)
                }, &totals
            ) { row in
                switch format {
                case .text: return
                case .json:
                    try output.write { text in
                        text.append(rows > 0 ? ",\n" : "\n")
                        text.appendRecord(row, at: time)
                    }
                case .jsonl:
                    try output.write { text in
                        text.appendRecord(row, at: time)
                        text.append("\n")
                    }
                case .csv, .tsv: try output.write { table.append(row, at: time, to: &$0) }
                }
                rows += 1
            }
            totals.finish()
            switch format {
            case .text: try writeText(totals, isFirst: isFirst, to: &output)
            case .json, .jsonl:
                let (isComplete, hidden) = (source.isComplete, source.hiddenProcesses)
                try output.write { text in
                    if format == .json { text.append(rows > 0 ? "\n],\"summary\":" : "],\"summary\":") }
                    text.appendRecord(totals, at: time, isComplete: isComplete, hiddenProcesses: hidden)
                    text.append(format == .json ? "}\n" : "\n")
                }
            case .csv, .tsv: break
            }
            try output.flush()
            return totals
        }

        private func writeText(_ totals: AuditTotals, isFirst: Bool, to output: inout Output) throws {
            var style = TextStyle()
            style.palette = report.color.palette(on: .standardOutput)
            style.width = OutputDescriptor.standardOutput.lineLimit
            let text = AuditText(
                totals, style, pathTimeout: assessment.path.timeout, showsProcesses: !report.noProcesses)
            let notes = source.notes(totals)
            let clears = report.watch != nil && OutputDescriptor.standardOutput.isTerminal
            let height = clears && report.limit == nil ? OutputDescriptor.standardOutput.lines : nil
            try output.write { buffer in
                // To the top left, and clear from there on (ECMA-48).
                if clears { buffer.append("\u{1B}[H\u{1B}[2J") } else if !isFirst { buffer.append("\n") }
                text.append(to: &buffer, notes: notes, height: height)
            }
        }
    }
#endif
