import Directory
import Wire

// AWS Secrets Manager: a secret's ARN ends with characters that only the answer tells.
// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>

extension KeptLesson {
    static let secrets: [KeptLesson] = [
        KeptLesson(service: "secretsmanager", operation: "CreateSecret", readsAnswer: true) { call in
            guard let secret = call.secret else { return [] }
            let tags = call.input.tags("Tags")
            let full = secret.full
            return [
                KeptEdit(arn: secret.arn, startsAnew: true) { kept in
                    kept.addTags(tags)
                    kept.fullResource = full
                }
            ]
        },
        KeptLesson(service: "secretsmanager", operation: "PutResourcePolicy", readsAnswer: true) { call in
            let policy = call.text("ResourcePolicy")
            return call.editSecret { $0.setPolicy(policy) }
        },
        KeptLesson(service: "secretsmanager", operation: "GetResourcePolicy", readsAnswer: true, isRead: true) { call in
            let policy = call.output.text("ResourcePolicy")
            return call.editSecret { $0.setPolicy(policy) }
        },
        KeptLesson(service: "secretsmanager", operation: "DeleteResourcePolicy", readsAnswer: true) { call in
            call.editSecret { $0.setPolicy(nil) }
        },
        KeptLesson(service: "secretsmanager", operation: "DescribeSecret", readsAnswer: true, isRead: true) { call in
            let tags = call.output.tags("Tags")
            return call.editSecret { $0.tags = tags }
        },
        // One that can be restored keeps its policy.
        KeptLesson(service: "secretsmanager", operation: "DeleteSecret", readsAnswer: true) { call in
            guard call.input["ForceDeleteWithoutRecovery"] == .boolean(true), let secret = call.secret else {
                return []
            }
            return [.forget(secret.arn)]
        },
    ]
}

extension KeptCall {
    /// The secret that the call is about: under its name, and with what its ARN really ends with, as far as the answer tells.
    fileprivate var secret: (arn: ARN, full: String?)? {
        guard var arn = resource else { return nil }
        guard let name = output.text("Name"), let answered = output.text("ARN").flatMap({ ARN(parsing: $0) }) else {
            return (arn, nil)
        }
        let (named, full) = ("secret:\(name)", answered.resource)
        let suffix = full.utf8.dropFirst(named.utf8.count)
        // The answer must be about the secret that the caller was allowed to touch.
        guard arn.resource == named || arn.resource == full, full.utf8.starts(with: named.utf8), suffix.count == 7,
            suffix.first == UInt8(ascii: "-"),
            suffix.dropFirst().allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            })
        else { return (arn, nil) }
        arn.resource = named
        return (arn, full)
    }

    fileprivate func editSecret(_ change: @escaping @Sendable (inout KeptResource) -> Void) -> [KeptEdit] {
        guard let secret else { return [] }
        let full = secret.full
        return [
            KeptEdit(arn: secret.arn) { kept in
                change(&kept)
                if let full { kept.fullResource = full }
            }
        ]
    }
}
