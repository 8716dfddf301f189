import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A line on the terminal that shows the progress of a long command, and disappears at the end. When standard error is
/// not a terminal, nothing is shown.
final class ProgressLine {
    private let isShown = Terminal.isTerminal(STDERR_FILENO)
    private var last = Date.distantPast
    private var isThere = false

    func show(_ text: String) {
        let now = Date()
        guard isShown, now.timeIntervalSince(last) > 0.1 else { return }
        last = now
        isThere = true
        _ = Terminal.write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    }

    func end() {
        if isThere { _ = Terminal.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO) }
        isThere = false
    }
}
