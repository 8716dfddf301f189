import Directory
import IAMAPI
import Platform
import Wire

/// The rules of tags in IAM. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>
enum TagRules {
    static let most = 50

    /// The tags of a request that makes a resource.
    /// - Throws: InvalidInput for duplicate or reserved keys.
    static func new(_ tags: [IAM.Tag]?) throws(ServiceError) -> [Directory.Tag] {
        try merge(tags ?? [], into: [])
    }

    /// What a resource's tags become when some are added; a key that is there already takes the new value.
    /// - Throws: InvalidInput for duplicate or reserved keys, LimitExceeded beyond 50 tags.
    static func merge(_ added: [IAM.Tag], into tags: [Directory.Tag]) throws(ServiceError) -> [Directory.Tag] {
        var result = tags
        var seen: Set<String> = []
        for tag in added {
            let key = tag.key.lowercased()
            guard seen.insert(key).inserted else {
                throw .invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
            }
            guard !key.hasPrefix("aws:") else {
                throw .invalidInput("Tag keys that begin with aws: are reserved: \(tag.key)")
            }
            let new = Directory.Tag(key: tag.key, value: tag.value)
            if let index = result.firstIndex(where: { $0.key.lowercased() == key }) {
                result[index] = new
            } else {
                result.append(new)
            }
        }
        guard result.count <= most else {
            throw .limitExceeded("The number of tags has reached the maximum limit.")
        }
        return result
    }

    /// What a resource's tags become when some keys are taken away; keys that are not there do not matter.
    static func remove(_ keys: [String], from tags: [Directory.Tag]) -> [Directory.Tag] {
        let gone = Set(keys.map { $0.lowercased() })
        return tags.filter { !gone.contains($0.key.lowercased()) }
    }
}

extension IAM.Tag {
    init(_ tag: Directory.Tag) {
        self.init()
        key = tag.key
        value = tag.value
    }
}
