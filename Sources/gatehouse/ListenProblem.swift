import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why Gatehouse can't listen, and what to do about it.
/// - Parameter option: by which the port is chosen: `--port` or `--tls-port`.
func listenProblem(_ error: any Error, address: String, port: Int, option: String) -> String {
    let place = "\(address.contains(":") ? "[\(address)]" : address):\(port)"
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE:
        return
            "Gatehouse can't listen on \(place), which is in use. Stop what listens there, or choose another \(option); "
            + "0 picks a free one."
    case EADDRNOTAVAIL:
        return "Gatehouse can't listen on \(place): this machine has no such address. Give one of its own with "
            + "--address, such as 127.0.0.1, or 0.0.0.0 for all of them."
    case EACCES:
        return
            "Gatehouse can't listen on \(place): only an administrator may use this port. Choose another \(option), above 1023."
    case let code?:
        return
            "Gatehouse can't listen on \(place): \(String(cString: strerror(code))). Choose another --address or \(option)."
    case nil where error is SocketAddressError.UnknownHost:
        return "Gatehouse can't listen on \(place): the name \(address) is not known here. Give an address of this "
            + "machine with --address, such as 127.0.0.1."
    case nil:
        return "Gatehouse can't listen on \(place): \(error). Choose another --address or \(option)."
    }
}
