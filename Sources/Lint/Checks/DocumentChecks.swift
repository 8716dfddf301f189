import Policy

// What concerns the document as a whole: its version, the Sids of its statements, its size, statements that repeat.

extension Checker {
    /// - Parameter text: the document's text.
    mutating func checkDocument(_ text: String) {
        checkVersion()
        checkSids()
        checkSize(of: text)
        checkRepeatedStatements()
    }

    private mutating func checkVersion() {
        guard let version = document.version else {
            report(
                .missingVersion, document.place,
                "Add \"Version\": \"2012-10-17\": without it the document is of the old version, without variables.")
            return
        }
        if PolicyDocument.Version(rawValue: version.value) == nil {
            report(
                .invalidVersion, version.place,
                "There is no version \"\(version.value)\" of the policy language: write 2012-10-17.")
        }
    }

    private mutating func checkSids() {
        var seen: Set<String> = []
        for case let sid? in document.statements.map(\.sid) {
            if sid.value.isEmpty {
                report(.emptySidValue, sid.place, "Give the Sid a value, or remove it.")
            } else if !seen.insert(sid.value).inserted {
                let code: FindingCode = type == .resource ? .uniqueSidsRecommended : .uniqueSidsRequired
                report(code, sid.place, "An earlier statement has the Sid \"\(sid.value)\": give this one another.")
            }
            // The services that keep resource policies take more characters.
            let isPlain = sid.value.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0.isASCIILetter }
            if !isPlain, type != .resource, !sid.value.contains("${") {
                report(.unsupportedSid, sid.place, "Write the Sid \"\(sid.value)\" with letters and digits only.")
            }
        }
    }

    /// The quotas of IAM count no white space (`reference_iam-quotas.html`), those of Organizations do
    /// (`orgs_reference_limits.html`). A resource's policy is measured by the quota of KMS keys, 32 KB, if it belongs
    /// to one, otherwise by that of S3 buckets, 20 KB.
    private mutating func checkSize(of text: String) {
        let compact = PolicyDocument.nonWhitespaceCount(of: text)
        let whole = text.unicodeScalars.count
        let (code, count, quota): (FindingCode, Int, Int) =
            switch type {
            case .serviceControl: (.policySizeExceedsSCPQuota, whole, 10_240)
            case .resourceControl: (.policySizeExceedsRCPQuota, whole, 5_120)
            case .roleTrust: (.policySizeExceedsRoleTrustPolicyQuota, compact, 2_048)
            case .resource:
                (.policySizeExceedsResourcePolicyQuota, text.utf8.count, attachedService == "kms" ? 32_768 : 20_480)
            default: (.policySizeExceedsIdentityPolicyQuota, compact, 6_144)
            }
        if count > quota {
            report(
                code, document.place,
                "The \(type.displayName) has \(count) characters, and \(quota) are the most: split it or shorten it.")
        }
    }

    private mutating func checkRepeatedStatements() {
        var seen: Set<StatementContent> = []
        for statement in document.statements where !seen.insert(StatementContent(statement)).inserted {
            report(.redundantStatement, statement.place, "An earlier statement says the same: remove this one.")
        }
    }
}

/// Everything that a statement says, without its Sid and regardless of order.
private struct StatementContent: Hashable {
    let effect: Statement.Effect?
    let lists: Set<[String]>

    init(_ statement: LooseStatement) {
        effect = statement.effect
        var lists: Set<[String]> = []
        for patterns in [statement.actions, statement.resources] {
            if let patterns { lists.insert([patterns.name] + patterns.values.map(\.value).sorted()) }
        }
        if let principals = statement.principals {
            let names = principals.entries.map { "\($0.kind) \($0.value.value)" }
            lists.insert([principals.name, principals.isEveryone ? "*" : ""] + names.sorted())
        }
        for condition in statement.conditions {
            lists.insert(
                [condition.operatorText.value, condition.key.value.lowercased()]
                    + condition.values.map(\.value).sorted())
        }
        self.lists = lists
    }
}

extension UInt8 {
    var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }
}
