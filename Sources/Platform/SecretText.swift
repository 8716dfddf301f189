/// Whether two secrets are the same, in a time that does not depend on where they differ. Their lengths are not secret.
public func isSameSecret(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
}
