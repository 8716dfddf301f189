public import Directory
public import Policy

/// Condition keys that are made from tags, in the form in which the policy engine asks for them.
///
/// Keys are folded to lower case, since conditions compare tag keys without regard to case even where two tags may
/// differ in nothing else.
///
/// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
public enum ConditionKeys {
    /// A key's name as the engine folds it: ASCII letters in lower case, all else as it is.
    public static func folded(_ key: String) -> String {
        String(decoding: key.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// `aws:ResourceTag/…`, and the same under the service's own prefix, unless it has no such key.
    public static func resourceTags(_ tags: [Tag], service: String?) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        for tag in tags {
            let key = folded(tag.key)
            keys["aws:resourcetag/\(key)"] = .one(tag.value)
            if let service { keys["\(service):resourcetag/\(key)"] = .one(tag.value) }
        }
        return keys
    }

    /// The folded tag key in a condition key that ``resourceTags(_:service:)`` makes; nil for all other keys.
    static func resourceTag(in key: String, service: String?) -> String? {
        let bytes = key.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let prefix = bytes[..<colon]
        let rest = bytes[colon...].dropFirst()
        let name = "resourcetag/".utf8
        guard rest.starts(with: name),
            prefix.elementsEqual("aws".utf8) || service.map({ prefix.elementsEqual($0.utf8) }) == true
        else { return nil }
        return String(Substring(rest.dropFirst(name.count)))
    }

    /// `aws:RequestTag/…` and `aws:TagKeys` of the tags that a request brings.
    public static func requestTags(_ tags: [Tag]) -> [String: ContextValue] {
        guard !tags.isEmpty else { return [:] }
        var keys = tagKeys(tags.map(\.key))
        for tag in tags { keys["aws:requesttag/\(folded(tag.key))"] = .one(tag.value) }
        return keys
    }

    /// `aws:TagKeys` of the keys that a request names.
    public static func tagKeys(_ keys: [String]) -> [String: ContextValue] {
        ["aws:tagkeys": .many(keys)]
    }
}
