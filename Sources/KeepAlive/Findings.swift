/// What a report says at its end of connections, and of the paths between them.
public struct Findings: Sendable {
    /// The verdicts on connections, in order of appearance.
    public var diagnoses: [Diagnosis]
    /// What they tell of the idle timeouts of paths.
    public var paths: [PathTimeout]

    /// The findings given.
    public init(diagnoses: [Diagnosis] = [], paths: [PathTimeout] = []) {
        self.diagnoses = diagnoses
        self.paths = paths
    }

    /// What `diagnoses` tell.
    public init(of diagnoses: [Diagnosis]) {
        self.init(diagnoses: diagnoses, paths: PathTimeout.all(diagnoses))
    }
}
