import ArgumentParser
import Capture

/// Throws `ValidationError` if two of `outputs`, or one of them and one of the captures `inputs`, are the same file: one would
/// replace the other. Each output has the option that names it.
func checkOutputs(_ outputs: [(option: String, path: String?)], against inputs: [String]) throws {
    let named = outputs.compactMap { output in output.path.map { (option: output.option, path: $0) } }
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
