/// Makes this process the program `words[0]`, searched in PATH, with these words (execvp(3)). Returns why that failed.
package func systemBecome(_ words: [String]) -> SystemError {
    var pointers = unsafe words.map { unsafe $0.withFileName { unsafe strdup($0) } }
    unsafe pointers.append(nil)
    guard let first = unsafe pointers[0] else { return SystemError(code: ENOMEM) }
    unsafe _ = execvp(first, pointers)
    // What the failed call leaves is freed with the process.
    return .last
}
