import Policy
import Wire

/// The tags that a request of S3 gives to an object, for `s3:RequestObjectTag/…` and `s3:RequestObjectTagKeys`: the header
/// `x-amz-tagging`, or a document.
///
/// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
enum S3ObjectTags {
    /// Whether an operation can give an object tags.
    static func areIn(_ operation: OperationShape) -> Bool {
        operation.serviceID == "S3" && operation.input?.index(of: "Tagging") != nil
            && operation.input?.index(of: "Key") != nil
    }

    /// Whether an action has these keys.
    static func areKeys(of action: String) -> Bool {
        ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"].contains(action)
    }

    /// The keys of a request; none where it gives no tags.
    /// - Throws: for tags that can't be read, or of which two have one key.
    static func context(of input: Structure) throws(MappingFailure) -> [String: ContextValue] {
        var tags: [(key: String, value: String)] = []
        switch input["Tagging"] {
        // A copy that takes the source's tags has none of its own.
        case .string where input["CopySource"] != nil && input["TaggingDirective"] != .string("REPLACE"): return [:]
        case .string(let text):
            for pair in text.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard let key = parts[0].percentDecoded(plusIsSpace: true),
                    let value = (parts.count > 1 ? parts[1] : "").percentDecoded(plusIsSpace: true)
                else { throw MappingFailure(reason: "the tags of x-amz-tagging can't be read") }
                tags.append((key, value))
            }
        case .structure(let tagging):
            guard case .list(let elements)? = tagging["TagSet"] else { return [:] }
            for case .structure(let tag) in elements {
                guard case .string(let key)? = tag["Key"] else { continue }
                if case .string(let value)? = tag["Value"] { tags.append((key, value)) } else { tags.append((key, "")) }
            }
        default: return [:]
        }
        guard !tags.isEmpty else { return [:] }
        guard Set(tags.map { MappingWords.folded($0.key) }).count == tags.count else {
            throw MappingFailure(reason: "the request gives one tag twice")
        }
        return context(of: tags)
    }

    /// The keys of some tags.
    static func context(of tags: [(key: String, value: String)]) -> [String: ContextValue] {
        var context: [String: ContextValue] = ["s3:requestobjecttagkeys": .many(tags.map(\.key))]
        for tag in tags { context["s3:requestobjecttag/\(MappingWords.folded(tag.key))"] = .one(tag.value) }
        return context
    }
}
