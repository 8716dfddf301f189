import IAMAPI
import Wire

/// The paths that a list request asks for: those that begin with its `PathPrefix`, or all.
struct WantedPaths {
    let prefix: String?

    func contains(_ path: String) -> Bool {
        // Paths and prefixes are ASCII, so that comparing bytes will do.
        guard let prefix else { return true }
        return path.utf8.starts(with: prefix.utf8)
    }
}

extension View where Members: IAM.MayHavePathPrefix {
    var paths: WantedPaths { WantedPaths(prefix: pathPrefix) }
}
