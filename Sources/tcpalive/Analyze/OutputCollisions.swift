import ArgumentParser
import Capture
import Platform

/// Throws `ValidationError` if an output has no name, or if two of `outputs`, or one of them and one of the captures `inputs`, are the same file: one would
/// replace the other. Each output has the option that names it. Standard output is an output, too; it
/// `hasReport`, or nothing but what -w names.
func checkOutputs(
    _ outputs: [(option: String, path: String?)], against inputs: [String], hasReport: Bool = true
) throws {
    let named = outputs.compactMap { output in output.path.map { (option: output.option, path: $0) } }
    for output in named where output.path.isEmpty {
        throw ValidationError("\(output.option) requires a file name.")
    }
    if let standard = try? FileStatus(descriptor: STDOUT_FILENO), standard.isRegular || standard.isPipe {
        if let input = inputs.first(where: { FileStatus(path: $0)?.isSame(as: standard) ?? false }) {
            throw ValidationError("standard output is \(input), which is being read: write to another file.")
        }
        if hasReport, let output = named.first(where: { FileStatus(path: $0.path)?.isSame(as: standard) ?? false }) {
            throw ValidationError(
                "\(output.option) \(output.path) is also standard output, which has the report: give another file name."
            )
        }
    }
    for (index, output) in named.enumerated() {
        if let input = inputs.first(where: { CaptureFile.isSame($0, output.path) }) {
            throw ValidationError(
                "\(output.option) \(output.path) would overwrite \(input), which is being read: give another file name."
            )
        }
        if let other = named[..<index].first(where: { OutputFile.isSame($0.path, output.path) }) {
            throw ValidationError(
                "\(output.option) \(output.path) would overwrite the file of \(other.option): give another file name.")
        }
    }
}
