import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the program's words go.
enum Terminal {
    /// Whether a person reads what is written there.
    static func isTerminal(_ file: Int32) -> Bool { isatty(file) == 1 }

    /// Whether systemd passes what is written there on to its journal, which others can read. systemd.exec(5),
    /// `$JOURNAL_STREAM`.
    static func isJournal(_ file: Int32) -> Bool {
        var status = stat()
        guard let stream = Settings.variable("JOURNAL_STREAM"), fstat(file, &status) == 0 else {
            return false
        }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Whether what is written to standard output is to be coloured. <https://no-color.org>
    static var isColored: Bool {
        isTerminal(STDOUT_FILENO) && Settings.variable("NO_COLOR")?.isEmpty ?? true
            && Settings.variable("TERM") != "dumb"
    }

    /// Writes all of it.
    /// - Returns: the error's number; 0 if there was none.
    static func write(_ bytes: [UInt8], to file: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return 0
    }

    /// Tells the person at the terminal something that is not part of the program's output.
    static func complain(_ message: String) {
        _ = write(Array((message + "\n").utf8), to: STDERR_FILENO)
    }

    /// Prints at once, because whoever started the program may be waiting for it at the other end of a pipe.
    static func printNow(_ text: String) {
        print(text)
        fflush(nil)
    }
}

/// Ends the program with a message for the person at the terminal, which says what to do.
func fail(_ message: String, status: Int32 = 1) -> Never {
    Terminal.complain(message)
    exit(status)
}

/// The system's, where a member has the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, bytes, count)
}
