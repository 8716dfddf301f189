import Policy
import Wire

/// Commands of the AWS CLI, as a shell takes them.
/// <https://docs.aws.amazon.com/cli/latest/reference/>
package enum Commands {
    package static func line(_ words: [String]) -> String { "aws " + words.map(quoted).joined(separator: " ") }

    /// A word for a POSIX shell.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=@,+".utf8.contains($0)
            }
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }

    /// Puts an inline policy to a user, group or role.
    static func putInline(_ name: String, of holder: String, _ document: String) -> [String] {
        guard let arn = ARNParts(holder), ["user", "group", "role"].contains(arn.type) else { return [] }
        return [
            line([
                "iam", "put-\(arn.type)-policy", "--\(arn.type)-name", arn.name, "--policy-name", name,
                "--policy-document", document,
            ])
        ]
    }

    static func deleteInline(_ name: String, of holder: String) -> [String] {
        guard let arn = ARNParts(holder), ["user", "group", "role"].contains(arn.type) else { return [] }
        return [line(["iam", "delete-\(arn.type)-policy", "--\(arn.type)-name", arn.name, "--policy-name", name])]
    }

    /// Makes a new version of a customer managed policy the one that counts.
    static func newVersion(of policy: String, _ document: String) -> [String] {
        [
            line([
                "iam", "create-policy-version", "--policy-arn", policy, "--policy-document", document,
                "--set-as-default",
            ])
        ]
    }

    /// Makes a managed policy, and attaches it or makes it the boundary.
    static func newManaged(
        _ name: String, for holder: String, _ document: String, asBoundary: Bool
    ) -> [String] {
        guard let arn = ARNParts(holder), ["user", "role"].contains(arn.type) else { return [] }
        let create = line(["iam", "create-policy", "--policy-name", name, "--policy-document", document])
        let policy = "arn:aws:iam::\(arn.account):policy/\(name)"
        let use =
            asBoundary
            ? [
                "put-\(arn.type)-permissions-boundary", "--\(arn.type)-name", arn.name, "--permissions-boundary",
                policy,
            ]
            : ["attach-\(arn.type)-policy", "--\(arn.type)-name", arn.name, "--policy-arn", policy]
        return [create, line(["iam"] + use)]
    }

    static func updateControl(_ policy: String, _ content: String) -> [String] {
        let id = ARNParts(policy)?.name ?? policy
        return [line(["organizations", "update-policy", "--policy-id", id, "--content", content])]
    }

    static func newServiceControl(_ name: String, at target: String, _ content: String) -> [String] {
        let create = line([
            "organizations", "create-policy", "--type", "SERVICE_CONTROL_POLICY", "--name", name, "--description", name,
            "--content", content, "--query", "Policy.PolicySummary.Id", "--output", "text",
        ])
        return ["aws organizations attach-policy --target-id \(quoted(target)) --policy-id \"$(\(create))\""]
    }

    /// Puts a resource's policy; nil: that is not known to be possible.
    package static func putResourcePolicy(of resource: String, _ document: String) -> [String]? {
        guard let arn = ARNParts(resource) else { return nil }
        let last = String(arn.resource.split(separator: ":").last ?? "")
        switch (arn.service, arn.type) {
        case ("s3", _):
            guard let bucket = arn.resource.split(separator: "/").first, arn.region.isEmpty else { return nil }
            return [line(["s3api", "put-bucket-policy", "--bucket", String(bucket), "--policy", document])]
        case ("kms", "key"):
            return [
                line(["kms", "put-key-policy", "--key-id", resource, "--policy-name", "default", "--policy", document])
            ]
        case ("iam", "role"):
            return [
                line(["iam", "update-assume-role-policy", "--role-name", arn.name, "--policy-document", document])
            ]
        case ("secretsmanager", "secret"):
            return [
                line(["secretsmanager", "put-resource-policy", "--secret-id", resource, "--resource-policy", document])
            ]
        case ("sqs", _):
            let url = line(["sqs", "get-queue-url", "--queue-name", last, "--query", "QueueUrl", "--output", "text"])
            var attributes = JSONWriter()
            attributes.beginObject()
            attributes.member("Policy", document)
            attributes.endObject()
            let value = quoted(String(decoding: attributes.bytes, as: UTF8.self))
            return ["aws sqs set-queue-attributes --queue-url \"$(\(url))\" --attributes \(value)"]
        case ("sns", _):
            return [
                line([
                    "sns", "set-topic-attributes", "--topic-arn", resource, "--attribute-name", "Policy",
                    "--attribute-value", document,
                ])
            ]
        case ("dynamodb", "table"):
            return [line(["dynamodb", "put-resource-policy", "--resource-arn", resource, "--policy", document])]
        case ("cloudtrail", "eventdatastore"), ("cloudtrail", "channel"):
            return [
                line(["cloudtrail", "put-resource-policy", "--resource-arn", resource, "--resource-policy", document])
            ]
        case ("ecr", "repository"):
            let name = String(arn.resource.dropFirst("repository/".count))
            return [line(["ecr", "set-repository-policy", "--repository-name", name, "--policy-text", document])]
        case ("organizations", _):
            return [line(["organizations", "put-resource-policy", "--content", document])]
        default: return nil
        }
    }
}
