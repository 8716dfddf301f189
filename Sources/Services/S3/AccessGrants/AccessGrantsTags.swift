import Directory
import Platform
import S3ControlAPI
import Wire

// Tags of S3 Access Grants instances, locations and grants.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-tagging.html>

extension TagRules {
    static let ofAccessGrants = TagRules(
        keys: .exact,
        duplicate: .s3(
            "InvalidTag",
            "There are duplicate tag keys in your request. Remove the duplicate tag keys and try again."),
        reserved: { _ in
            .s3("InvalidTags", "Tag keys cannot start with AWS reserved prefix for system tags.")
        },
        tooMany: .s3(
            "TooManyTags", "The number of tags exceeds the limit of 50 tags. Remove some tags and try again."))

    /// The tags of a request that makes something, whose letters are checked as well.
    /// - Throws: InvalidTag, InvalidTags, TooManyTags.
    func newChecked(_ tags: [S3Control.Tag]?) throws(ServiceError) -> [Tag] {
        try mergeChecked(tags ?? [], into: [])
    }

    /// What something's tags become when some are added.
    /// - Throws: InvalidTag, InvalidTags, TooManyTags.
    func mergeChecked(_ added: [S3Control.Tag], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        for tag in added {
            guard tag.key.unicodeScalars.allSatisfy(isOfTags), tag.value.unicodeScalars.allSatisfy(isOfTags) else {
                throw .s3(
                    "InvalidTag",
                    "This request contains a tag key or value that isn't valid. Valid characters include the following:"
                        + " [a-zA-Z+-=._:/]. Tag keys can contain up to 128 characters. Tag values can contain up to 256"
                        + " characters.")
            }
        }
        return try merge(added, into: tags)
    }
}

/// Letters, numbers and separators of all scripts, and `_.:/=+-@`.
private func isOfTags(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator:
        true
    default: "_.:/=+-@".unicodeScalars.contains(scalar)
    }
}

extension Access {
    /// With what tagging something takes, where a request that makes it brings tags.
    func withTags(_ tags: [S3Control.Tag]?) -> [Access] {
        guard tags?.isEmpty == false else { return [self] }
        var tagging = self
        tagging.action = "s3:TagResource"
        tagging.learnt = nil
        tagging.context["s3:accessgrantslocationscope"] = nil
        return [self, tagging]
    }
}

extension AccessGrantsName {
    /// The tags of what it names, as they are in this transaction.
    /// - Throws: the error for what doesn't exist.
    func tags(_ records: some RecordReading) throws(ServiceError) -> [Tag] {
        let records = records.of(scope)
        return switch thing {
        case .instance: try records.accessGrantsInstance().tags
        case .location(let id): try records.accessGrantsLocation(id).tags
        case .grant(let id): try records.accessGrant(id).tags
        }
    }

    /// Changes them.
    func change(
        _ records: MutableRecords, _ change: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        let records = records.of(scope)
        switch thing {
        case .instance:
            var instance = try records.accessGrantsInstance()
            instance.tags = try change(instance.tags)
            try records.put(instance)
        case .location(let id):
            var location = try records.accessGrantsLocation(id)
            location.tags = try change(location.tags)
            try records.put(location)
        case .grant(let id):
            var grant = try records.accessGrant(id)
            grant.tags = try change(grant.tags)
            try records.put(grant)
        }
    }
}
