import IAMAPI
import Pages
import Wire

/// Tags of IAM's resources: as a form shows them, as it sends them.
enum TagForms {
    /// For the template `iam-tags`.
    static func rows(_ tags: [IAM.Tag]) -> [[String: Any]] {
        tags.map { ["tagKey": $0.key, "tagValue": $0.value] }
    }

    /// What was typed: a tag on each line, `key=value`.
    static func typed(_ text: String) -> [IAM.Tag]? {
        let tags = PolicyText.typed(text).split(separator: "\n").compactMap { line -> IAM.Tag? in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = parts.first.map { $0.trimmed } ?? ""
            if key.isEmpty { return nil }
            return IAM.Tag {
                $0.key = key
                $0.value = parts.count > 1 ? parts[1].trimmed : ""
            }
        }
        return tags.isEmpty ? nil : tags
    }

    /// The tag that the form `iam-tags` adds.
    static func added(_ form: FormFields) -> IAM.Tag {
        IAM.Tag {
            $0.key = form.text("key").trimmed
            $0.value = form.text("value").trimmed
        }
    }
}

extension StringProtocol {
    /// Without spaces and line ends around it.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }

    /// The lines that are not empty, without spaces around them.
    var linesTyped: [String] { split { $0.isNewline }.map { $0.trimmed }.filter { !$0.isEmpty } }
}
