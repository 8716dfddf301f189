import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Resource policies: what services, and other accounts, may do with an account's log groups.
// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html>

/// A resource policy of an account in a Region.
struct StoredResourcePolicy: Record {
    static let kind = "AWS::Logs::ResourcePolicy"
    /// In an account and Region.
    static let most = 10
    /// Bytes.
    static let longest = 5120

    let name: String
    let document: String
    /// Milliseconds since 1970.
    let updated: Int

    var id: String { name }

    /// What several policies say together: they are asked as one. One that can't be read denies everything.
    /// - Returns: nil: there are none.
    static func compiled(_ documents: [String]) -> CompiledPolicy? {
        guard !documents.isEmpty else { return nil }
        let source = PolicySource(type: .resource, name: "resource policy")
        var statements: [String] = []
        for document in documents {
            guard let text = Self.statements(of: document) else { return .denyingEverything(source) }
            statements += text
        }
        let text = #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// A document of a request.
    /// - Throws: InvalidParameterException.
    static func read(_ text: String, _ call: Call) throws(ServiceError) -> PolicyDocument {
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .invalidParameter(error.message)
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .invalidParameter("Invalid principal in policy")
        }
        return document
    }

    /// Each statement of a document as JSON, without its Sid: those of two documents may be the same.
    private static func statements(of document: String) -> [String]? {
        guard let value = try? Wire.JSONValue(parsing: Array(document.utf8)) else { return nil }
        let statements: [Wire.JSONValue]
        switch value["Statement"] {
        case .array(let several): statements = several
        case .object(let members): statements = [.object(members)]
        default: return nil
        }
        return statements.map { statement in
            var writer = JSONWriter()
            if case .object(let members) = statement {
                writer.json(.object(members.filter { $0.key != "Sid" }))
            } else {
                writer.json(statement)
            }
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    func view(_ call: Call) -> CloudWatchLogs.ResourcePolicy {
        CloudWatchLogs.ResourcePolicy {
            $0.policyName = name
            $0.policyDocument = PolicyDocument.shown(document, as: .resource, call.directory)
            $0.lastUpdatedTime = updated
            $0.policyScope = "ACCOUNT"
        }
    }
}

extension Call {
    /// The group that a resource policy is to be of alone.
    /// - Throws: InvalidParameterException.
    fileprivate func policyGroup(_ text: String) throws(ServiceError) -> LogGroupName {
        guard text.hasPrefix("arn:"), let name = LogGroupName(arn: text), !name.name.isEmpty, name.region == region,
            name.account == accountID
        else { throw .invalidParameter("resourceArn has to be the ARN of a log group.") }
        return name
    }
}

extension LogGroup {
    fileprivate func policyView(_ call: Call) -> CloudWatchLogs.ResourcePolicy? {
        policy.map { policy in
            CloudWatchLogs.ResourcePolicy {
                $0.policyDocument = PolicyDocument.shown(policy.document, as: .resource, call.directory)
                $0.lastUpdatedTime = policy.updated
                $0.policyScope = "RESOURCE"
                $0.resourceArn = reference.arn
                $0.revisionId = policy.revision
            }
        }
    }

    /// - Throws: OperationAbortedException where somebody else has changed the policy since it was read.
    fileprivate func checkRevision(_ expected: String?) throws(ServiceError) {
        guard expected == policy?.revision else {
            throw CloudWatchLogs.Failure.operationAbortedException(
                "expectedRevisionId is not the revision of the resource policy of the log group.")
        }
    }
}

extension CloudWatchLogs.PutResourcePolicy: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let text = input.policyDocument else { throw .invalidParameter("policyDocument has to be specified.") }
        guard text.utf8.count <= StoredResourcePolicy.longest else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        let document = try StoredResourcePolicy.read(text, call).kept(call.directory)
        let now = Int(milliseconds(call.time))
        if let resource = input.resourceArn {
            guard input.policyName == nil else {
                throw .invalidParameter("policyName and resourceArn can't be specified both.")
            }
            var group = try records.logGroup(call.policyGroup(resource))
            try group.checkRevision(input.expectedRevisionId)
            group.policy = LogGroup.OwnPolicy(document: document, updated: now, revision: call.requestID)
            try records.put(group)
            return Output {
                $0.resourcePolicy = group.policyView(call)
                $0.revisionId = call.requestID
            }
        }
        guard let name = input.policyName, !name.isEmpty, input.expectedRevisionId == nil else {
            throw .invalidParameter("Either policyName or resourceArn has to be specified.")
        }
        if try records.get(StoredResourcePolicy.self, name) == nil {
            guard try records.count(StoredResourcePolicy.self) < StoredResourcePolicy.most else {
                throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
            }
        }
        let policy = StoredResourcePolicy(name: name, document: document, updated: now)
        try records.put(policy)
        return Output { $0.resourcePolicy = policy.view(call) }
    }
}

extension CloudWatchLogs.DescribeResourcePolicies: ReadOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        if let resource = input.resourceArn {
            let view = try records.logGroup(call.policyGroup(resource)).policyView(call)
            return Output { $0.resourcePolicies = view.map { [$0] } ?? [] }
        }
        if input.policyScope == "RESOURCE" {
            let groups = call.environment.projection(LogsIndex.self).groupsWithPolicy(in: records.scope)
            let page = page(groups, by: \.name, try LogsPage.paging(input))
            return Output {
                $0.resourcePolicies = page.items.compactMap { $0.policyView(call) }
                $0.nextToken = page.marker
            }
        }
        let page = try records.page(StoredResourcePolicy.self, try LogsPage.paging(input))
        let views = page.items.map { $0.view(call) }
        return Output {
            $0.resourcePolicies = views
            $0.nextToken = page.marker
        }
    }
}

extension CloudWatchLogs.DeleteResourcePolicy: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let resource = input.resourceArn {
            var group = try records.logGroup(call.policyGroup(resource))
            guard group.policy != nil else { throw .noSuchResourcePolicy }
            try group.checkRevision(input.expectedRevisionId)
            group.policy = nil
            try records.put(group)
            return Output()
        }
        guard let policy = try records.get(StoredResourcePolicy.self, input.policyName ?? "") else {
            throw .noSuchResourcePolicy
        }
        try records.delete(policy)
        return Output()
    }
}

extension ServiceError {
    fileprivate static var noSuchResourcePolicy: ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("Policy with this name does not exist.")
    }
}

/// The pages of lists.
enum LogsPage {
    /// How many items there are if a request does not say, and at most.
    static let usualLimit = 50

    /// - Throws: InvalidParameterException for a token that is not one of ours.
    static func paging<F: PageRequestFields>(_ input: View<F>) throws(ServiceError) -> Paging {
        try paging(token: input.pageToken, limit: input.pageLimit)
    }

    /// - Throws: InvalidParameterException for a token that is not one of ours.
    static func paging(token: String?, limit: Int?) throws(ServiceError) -> Paging {
        do throws(ServiceError) {
            return try Paging(marker: token, maxItems: min(limit ?? usualLimit, usualLimit))
        } catch {
            throw .invalidNextToken
        }
    }
}
