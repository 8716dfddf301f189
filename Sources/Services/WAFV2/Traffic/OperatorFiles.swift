public import Platform

/// A file that the operator named for web ACLs, and that can't be used.
public struct WebACLFileError: Error, CustomStringConvertible {
    /// What is wrong and what to do; it does not end with a full stop.
    public let description: String
}

extension Environment {
    /// Has all web ACLs' logs written to a file of the operator's as well, whether their owners have asked for logs or not.
    /// - Throws: ``WebACLFileError`` where it can't be written to.
    public func writeWebACLLogs(to path: String) throws(WebACLFileError) {
        if let problem = WebTraffic.problem(ofLog: path) {
            throw WebACLFileError(
                description: "The log of web ACLs can't be written to \(path): \(problem). "
                    + "Name another file with --web-acl-log")
        }
        projection(WebTraffic.self).writeLogs(to: path)
    }

    /// Has somebody told why a web ACL can't be made ready, when that is found: once for each state of a web ACL.
    public func tellOfUnusableWebACLs(_ tell: @escaping @Sendable (_ problem: String) -> Void) {
        projection(WebTraffic.self).tellOfUnusable(tell)
    }

    /// Has web ACLs know where addresses are.
    /// - Parameter paths: of files in MaxMind's format. Where several know an address, the first counts.
    /// - Throws: ``WebACLFileError`` for one that can't be used.
    public func useAddressPlaces(_ paths: [String]) throws(WebACLFileError) {
        guard !paths.isEmpty else { return }
        projection(WebTraffic.self).use(try PlacesFiles(paths))
    }
}
