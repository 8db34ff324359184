/// What a misspelled word may mean.
extension String {
    /// The `names` that this may be a misspelling of, all equally near; empty if none is near.
    ///
    /// Near are names that differ in a third of the letters at most, at least in one, or that begin with this.
    package func nearest(of names: [String]) -> [String] {
        let word = lowercased()
        let ranked = names.map { name in
            let isBeginning = word.count >= 3 && word != name && name.hasPrefix(word)
            return (name, distance: isBeginning ? 1 : word.editDistance(to: name))
        }
        guard let least = ranked.map(\.distance).min(), least <= Swift.max(1, word.count / 3) else { return [] }
        return ranked.filter { $0.distance == least }.map(\.0)
    }

    /// The number of insertions, deletions, replacements, and exchanges of neighbours that turn this string into `other`
    /// (optimal string alignment distance).
    package func editDistance(to other: String) -> Int {
        let (source, target) = (Array(utf8), Array(other.utf8))
        var beforeLast: [Int] = []
        var last = Array(0...target.count)
        for (index, byte) in source.enumerated() {
            var row = [index + 1]
            for column in target.indices {
                let replaced = last[column] + (target[column] == byte ? 0 : 1)
                var least = Swift.min(replaced, row[column] + 1, last[column + 1] + 1)
                if index > 0, column > 0, byte == target[column - 1], source[index - 1] == target[column] {
                    least = Swift.min(least, beforeLast[column - 1] + 1)
                }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[target.count]
    }

    /// `names` in quotes with `or` between them: `"port" or "proto"`.
    package static func alternatives(_ names: [String]) -> String {
        names.map { "\"\($0)\"" }.joined(separator: " or ")
    }
}
