import Directory
import Wire

extension KeptLesson {
    /// What the calls of most services teach: a member of the request or of the answer is the policy, or has the tags.
    static let tables: [KeptLesson] =
        new("dynamodb", "CreateTable", policy: "ResourcePolicy", tags: "Tags")
        + ["RestoreTableFromBackup", "RestoreTableToPointInTime"].map { operation in
            // Two resources are asked about: what is restored, and the new table.
            KeptLesson(service: "dynamodb", operation: operation) { call in
                let name = call.text("TargetTableName") ?? ""
                return call.resources.filter { $0.resource == "table/\(name)" }.map(KeptEdit.forget)
            }
        }
        + gone("dynamodb", "DeleteTable")
        + policy(
            "dynamodb", put: "PutResourcePolicy", "Policy", get: "GetResourcePolicy", "Policy",
            none: "PolicyNotFoundException", delete: "DeleteResourcePolicy")
        + tags("dynamodb", listedBy: "ListTagsOfResource", "Tags")

        + new("ecr", "CreateRepository", tags: "tags") + gone("ecr", "DeleteRepository")
        + policy(
            "ecr", put: "SetRepositoryPolicy", "policyText", get: "GetRepositoryPolicy", "policyText",
            none: "RepositoryPolicyNotFoundException", delete: "DeleteRepositoryPolicy")
        + registry("PutRegistryPolicy", "policyText", get: "GetRegistryPolicy", delete: "DeleteRegistryPolicy")
        + tags("ecr", listedBy: "ListTagsForResource", "tags", added: "tags", removed: "tagKeys")

        + new("kinesis", "CreateStream", tags: "Tags") + gone("kinesis", "DeleteStream")
        + policy(
            "kinesis", put: "PutResourcePolicy", "Policy", get: "GetResourcePolicy", "Policy",
            none: "ResourceNotFoundException", delete: "DeleteResourcePolicy")
        + tags("kinesis", listedBy: "ListTagsForResource", "Tags")
        + tags(
            "kinesis", add: "AddTagsToStream", remove: "RemoveTagsFromStream", listedBy: "ListTagsForStream", "Tags")

        + tags("secretsmanager", listedBy: nil, "Tags")

        + tags("sqs", add: "TagQueue", remove: "UntagQueue", listedBy: "ListQueueTags", "Tags")
        + tags("sns", listedBy: "ListTagsForResource", "Tags")
        + tags("lambda", listedBy: "ListTags", "Tags")
        + tags("events", listedBy: "ListTagsForResource", "Tags")

        + gone("ssm", "DeleteParameter")
        + tags(
            "ssm", add: "AddTagsToResource", remove: "RemoveTagsFromResource", listedBy: "ListTagsForResource",
            "TagList")
        + [
            KeptLesson(service: "ssm", operation: "PutParameter") { call in
                // Tags can only be given to a new parameter.
                let tags = call.input.tags("Tags")
                return tags.isEmpty ? [] : call.edit { $0.tags = tags }
            }
        ]
        + [
            KeptLesson(service: "ssm", operation: "DeleteParameters", readsAnswer: true) { call in
                let deleted = call.output.texts("DeletedParameters").map {
                    $0.hasPrefix("/") ? String($0.dropFirst()) : $0
                }
                return call.resources.filter { arn in deleted.contains { arn.resource == "parameter/\($0)" } }
                    .map(KeptEdit.forget)
            }
        ]

        + new("states", "CreateStateMachine", tags: "tags") + gone("states", "DeleteStateMachine")
        + new("states", "CreateActivity", tags: "tags") + gone("states", "DeleteActivity")
        + tags("states", listedBy: "ListTagsForResource", "tags", added: "tags", removed: "tagKeys")

    /// A call that makes a resource which was not there: nothing counts that was known of its name.
    static func new(_ service: String, _ operation: String, policy: String? = nil, tags: String? = nil) -> [KeptLesson]
    {
        [
            KeptLesson(service: service, operation: operation) { call in
                guard let arn = call.resource else { return [] }
                let given = tags.map { call.input.tags($0) } ?? []
                let text = policy.flatMap { call.text($0) }
                return [
                    KeptEdit(arn: arn, startsAnew: true) { kept in
                        kept.setPolicy(text)
                        kept.addTags(given)
                    }
                ]
            }
        ]
    }

    /// A call after which the resource is no more.
    static func gone(_ service: String, _ operation: String) -> [KeptLesson] {
        [KeptLesson(service: service, operation: operation) { $0.forget }]
    }

    /// The calls that set, show and remove a resource's policy.
    private static func policy(
        _ service: String, put: String, _ member: String, get: String, _ answered: String, none: String, delete: String
    ) -> [KeptLesson] {
        [
            KeptLesson(service: service, operation: put) { call in
                let text = call.text(member)
                return call.edit { $0.setPolicy(text) }
            },
            KeptLesson(service: service, operation: get, readsAnswer: true, isRead: true, codes: [none]) { call in
                let text = call.output.text(answered)
                return call.edit { $0.setPolicy(text) }
            },
            KeptLesson(service: service, operation: delete) { call in call.edit { $0.setPolicy(nil) } },
        ]
    }

    /// The same of ECR's registry, which no request names: it is the caller's own.
    private static func registry(_ put: String, _ member: String, get: String, delete: String) -> [KeptLesson] {
        @Sendable func edit(_ call: KeptCall, _ text: String?) -> [KeptEdit] {
            let arn = KeptResources.registry(call.arn("ecr", ""))
            return [KeptEdit(arn: arn) { $0.setPolicy(text) }]
        }
        return [
            KeptLesson(service: "ecr", operation: put) { edit($0, $0.text(member)) },
            KeptLesson(
                service: "ecr", operation: get, readsAnswer: true, isRead: true,
                codes: ["RegistryPolicyNotFoundException"]
            ) { edit($0, $0.output.text(member)) },
            KeptLesson(service: "ecr", operation: delete) { edit($0, nil) },
        ]
    }

    /// The calls that set, remove and show tags.
    private static func tags(
        _ service: String, add: String = "TagResource", remove: String = "UntagResource", listedBy list: String?,
        _ listed: String, added: String = "Tags", removed: String = "TagKeys"
    ) -> [KeptLesson] {
        var lessons = [
            KeptLesson(service: service, operation: add) { call in
                let tags = call.input.tags(added)
                return call.edit { $0.addTags(tags) }
            },
            KeptLesson(service: service, operation: remove) { call in
                let keys = call.input.texts(removed)
                return call.edit { $0.removeTags(keys) }
            },
        ]
        if let list {
            lessons.append(
                KeptLesson(service: service, operation: list, readsAnswer: true, isRead: true) { call in
                    guard call.showsAll else { return [] }
                    let tags = call.output.tags(listed)
                    return call.edit { $0.tags = tags }
                })
        }
        return lessons
    }
}

extension KeptCall {
    /// An ARN of the place where the request was made.
    func arn(_ service: String, _ resource: String) -> ARN {
        ARN(
            partition: place.partition, service: service, region: place.region, account: place.account,
            resource: resource)
    }

    /// Whether the answer is a whole list, and not a page of one.
    fileprivate var showsAll: Bool {
        for member in ["NextToken", "nextToken", "ExclusiveStartTagKey"] where input.text(member) != nil {
            return false
        }
        for member in ["NextToken", "nextToken"] where output.text(member) != nil { return false }
        return output["HasMoreTags"] != .boolean(true)
    }
}
