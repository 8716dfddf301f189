/// What S3's actions are on, for the check of bucket policies.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
enum S3Actions {
    /// Those on objects. All others that begin with `s3:` are on buckets, or on nothing.
    private static let ofObjects: Set<String> = [
        "abortmultipartupload", "bypassgovernanceretention", "deleteobject", "deleteobjecttagging",
        "deleteobjectversion", "deleteobjectversiontagging", "getobject", "getobjectacl", "getobjectattributes",
        "getobjectlegalhold", "getobjectretention", "getobjecttagging", "getobjecttorrent", "getobjectversion",
        "getobjectversionacl", "getobjectversionattributes", "getobjectversionforreplication",
        "getobjectversiontagging", "getobjectversiontorrent", "initiatereplication", "listmultipartuploadparts",
        "objectowneroverridetobucketowner", "putobject", "putobjectacl", "putobjectlegalhold", "putobjectretention",
        "putobjecttagging", "putobjectversionacl", "putobjectversiontagging", "replicatedelete", "replicateobject",
        "replicatetags", "restoreobject", "updateobjectencryption",
    ]

    /// Whether an action is on objects; nil for a pattern, which may be on both.
    /// - Parameter action: with the prefix, in lower case.
    static func isOfObjects(_ action: String) -> Bool? {
        guard !action.contains("*"), !action.contains("?") else { return nil }
        return ofObjects.contains(String(action.drop { $0 != ":" }.dropFirst()))
    }
}
