import Directory

/// The relations that this service's own records declare.
extension Relation {
    /// signing certificate → SHA-256 of it
    static let fingerprint = "fingerprint"
    /// what came of the deletion of a service-linked role → the role's ARN
    static let deletedRole = "deleted-role"
}
