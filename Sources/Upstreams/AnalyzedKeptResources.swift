import Directory
import Ledger
import Platform
import Policy
import Wire

// What is known of resources that lie behind Gatehouse, for Access Analyzer: their policies, as calls that passed have told.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html>

extension KeptResources {
    /// The types that Access Analyzer looks at, of those of which something is kept.
    static let analyzedTypes: [AnalyzedResourceType] = [
        type("AWS::SQS::Queue", "sqs", of: ["queue"]) { _ in true },
        type("AWS::SNS::Topic", "sns", of: ["topic"]) { _ in true },
        type("AWS::SecretsManager::Secret", "secretsmanager", of: ["Secret"]) { $0.hasPrefix("secret:") },
        type("AWS::Lambda::Function", "lambda", of: ["function"]) {
            // A version or alias has a policy of its own; AWS's findings are of functions.
            $0.hasPrefix("function:") && $0.split(separator: ":").count == 2
        },
        type("AWS::ECR::Repository", "ecr", of: ["repository"]) { $0.hasPrefix("repository/") },
        type("AWS::DynamoDB::Table", "dynamodb", of: ["table", "index"], inner: ["/index/*"]) {
            $0.hasPrefix("table/") && $0.split(separator: "/").count == 2
        },
    ]

    private static func type(
        _ name: String, _ service: String, of catalogueTypes: [String], inner: [String] = [],
        _ isOne: @escaping @Sendable (_ resource: String) -> Bool
    ) -> AnalyzedResourceType {
        AnalyzedResourceType(
            name, actions: service, of: catalogueTypes, innerResources: inner, kinds: [KeptResource.kind],
            concerned: { (change, _) throws(LedgerError) in
                let new = try change.decodeAfter(KeptResource.self)
                let old = new == nil ? try change.decodeBefore(KeptResource.self) : nil
                guard let text = (new ?? old)?.arn, let arn = ARN(parsing: text), arn.service == service,
                    isOne(arn.resource)
                else { return [] }
                return [.resource(arn.description, account: arn.account, region: arn.region)]
            },
            list: { (account, region, after, limit, environment) async throws(ServiceError) in
                let ids = try await environment.read(Scope(account: account, region: region)) {
                    (records) throws(ServiceError) in
                    try records.list(KeptResource.self, after: after ?? "\(service):", limit: limit)
                }
                let own = ids.compactMap { ARN(parsing: $0.arn) }.filter { $0.service == service && isOne($0.resource) }
                let isEnd = ids.count < limit || ids.last?.id.hasPrefix("\(service):") != true
                return (own.map(\.description), isEnd ? nil : ids.last?.id)
            },
            fetch: { (arn, environment) in
                guard let parsed = ARN(parsing: arn), parsed.service == service, isOne(parsed.resource),
                    environment.directory.isActive(account: parsed.account)
                else { return nil }
                let kept = environment.projection(KeptResources.self)
                guard kept.record(arn) != nil else { return nil }
                let known = kept.resource(parsed)
                var resource = AnalyzedResource(
                    arn: arn, type: name, owner: parsed.account, policy: known?.policy)
                resource.tags = known?.tags ?? []
                resource.accessControlList = known?.accessControlList
                return resource
            })
    }
}
