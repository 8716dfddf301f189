import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a file can't be used, in the system's words: "No such file or directory". Foundation's own are for programmers.
func systemReason(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return "\(error)" }
    if let cause = error.underlying as? POSIXError { return String(cString: strerror(cause.code.rawValue)) }
    return error.code == .fileReadInapplicableStringEncoding ? "it is not UTF-8 text" : "\(error)"
}
