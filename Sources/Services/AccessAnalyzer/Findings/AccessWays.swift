import Platform
import Policy

// The ways to a bucket, as findings of external and of internal access look at them.

extension AnalyzedResource {
    var isBucket: Bool { type == "AWS::S3::Bucket" }

    /// The condition keys that requests have which come by an access point, and no others.
    static let accessPointKeys: Set<String> = [
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin",
    ]

    /// Whether a bucket's policy tells requests by access points from others.
    var speaksOfAccessPoints: Bool {
        guard isBucket else { return false }
        return policy?.document.statements.contains { statement in
            statement.conditions.contains { Self.accessPointKeys.contains($0.key.value.lowercased()) }
        } ?? false
    }

    /// The condition keys that the resource brings to every request, in lower case, its tags among them.
    var requestContext: [String: ContextValue] {
        context.merging(ConditionKeys.resourceTags(tags, service: nil)) { own, _ in own }
    }
}

extension AccessSource {
    /// By an access point of a bucket.
    init(_ point: AnalyzedResource.AccessPoint, of bucket: AnalyzedResource) {
        self.init(
            kind: point.owner == bucket.owner ? .accessPoint : .accessPointAccount, accessPointARN: point.arn,
            accessPointAccount: point.owner == bucket.owner ? nil : point.owner)
    }

    /// By access points of an account, of which nothing is known but what the bucket's policy says.
    /// - Parameter conditions: those under which there is access; nil where they name no such account.
    init?(ofAccessUnder conditions: [String: String]) {
        func value(_ key: String) -> String? { conditions.first { $0.key.lowercased() == key }?.value }
        let account =
            value("s3:dataaccesspointaccount")
            ?? value("s3:dataaccesspointarn")?.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4)
            .first.map(String.init)
        guard let account else { return nil }
        self.init(kind: .accessPointAccount, accessPointAccount: account)
    }
}
