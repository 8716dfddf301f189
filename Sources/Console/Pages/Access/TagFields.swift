import IAMAPI
import Pages
import Wire

/// The fields of a form in which tags are typed: `key-0`, `value-0`, and so on. A row without a key is no tag.
enum TagFields {
    struct Row: Sendable {
        let tagNumber: Int
        let tagKey: String?
        let tagValue: String?
    }

    /// AWS lets a resource have fifty tags.
    private static let most = 50

    /// Rows for the tags that there are, and empty ones.
    /// - Parameter form: what was typed, if the form is shown again.
    static func rows(_ tags: [IAM.Tag], _ form: FormFields, blank: Int) -> [Row] {
        let typed = self.tags(form)
        let tags = typed.isEmpty ? tags : typed
        let rows = tags.enumerated().map { Row(tagNumber: $0, tagKey: $1.key, tagValue: $1.value) }
        return rows + (0..<blank).map { Row(tagNumber: tags.count + $0, tagKey: nil, tagValue: nil) }
    }

    static func tags(_ form: FormFields) -> [IAM.Tag] {
        (0..<(most + 10)).compactMap { number in
            let key = form.typed("key-\(number)")
            return key.isEmpty ? nil : IAM.Tag(key: key, value: form.typed("value-\(number)"))
        }
    }
}
