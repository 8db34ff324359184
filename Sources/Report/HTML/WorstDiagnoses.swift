import KeepAlive

/// The diagnoses that a page lists: the most severe of all, and of one severity the first.
struct WorstDiagnoses {
    private let limit: Int
    /// By severity, from the least to the most severe, each in order of appearance.
    private var rows = [[Diagnosis]](repeating: [], count: Severity.allCases.count)
    private var count = 0

    /// No diagnoses; at most `limit` are kept.
    init(limit: Int) {
        self.limit = limit
    }

    /// Adds the diagnosis of the next connection, in place of the last of a lower severity if there are too many.
    mutating func add(_ diagnosis: Diagnosis) {
        // The cases are in this order, too.
        let row = Severity.allCases.firstIndex(of: diagnosis.severity) ?? 0
        if count == limit {
            guard let lowest = rows.firstIndex(where: { !$0.isEmpty }), lowest < row else { return }
            rows[lowest].removeLast()
            count -= 1
        }
        rows[row].append(diagnosis)
        count += 1
    }

    /// All that are kept: the most severe first, then by number.
    var all: [Diagnosis] {
        rows.reversed().flatMap { row in row.sorted { $0.connection.number < $1.connection.number } }
    }
}
