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
    static func compiled(_ policies: some Collection<StoredResourcePolicy>) -> CompiledPolicy? {
        guard !policies.isEmpty else { return nil }
        let source = PolicySource(type: .resource, name: "resource policy")
        var statements: [String] = []
        for policy in policies.sorted(by: { $0.name < $1.name }) {
            guard let text = Self.statements(of: policy.document) else { return .denyingEverything(source) }
            statements += text
        }
        let text = #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
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

extension ServiceError {
    /// Policies of one log group, or conditional on a revision.
    fileprivate static var notOfAccount: ServiceError {
        .notImplemented(
            "Gatehouse has the resource policies of accounts: leave out resourceArn and expectedRevisionId.")
    }
}

extension CloudWatchLogs.PutResourcePolicy: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.resourceArn == nil, input.expectedRevisionId == nil else { throw .notOfAccount }
        guard let name = input.policyName, let text = input.policyDocument, !name.isEmpty else {
            throw .invalidParameter("policyName and policyDocument have to be specified.")
        }
        guard text.utf8.count <= StoredResourcePolicy.longest else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .invalidParameter(error.message)
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .invalidParameter("Invalid principal in policy")
        }
        if try records.get(StoredResourcePolicy.self, name) == nil {
            guard try records.count(StoredResourcePolicy.self) < StoredResourcePolicy.most else {
                throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
            }
        }
        let policy = StoredResourcePolicy(
            name: name, document: document.kept(call.directory), updated: Int(milliseconds(call.time)))
        try records.put(policy)
        return Output { $0.resourcePolicy = policy.view(call) }
    }
}

extension CloudWatchLogs.DescribeResourcePolicies: ReadOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.resourceArn == nil, input.policyScope != "RESOURCE" else { throw .notOfAccount }
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
        guard input.resourceArn == nil, input.expectedRevisionId == nil else { throw .notOfAccount }
        guard let policy = try records.get(StoredResourcePolicy.self, input.policyName ?? "") else {
            throw CloudWatchLogs.Failure.resourceNotFoundException("Policy with this name does not exist.")
        }
        try records.delete(policy)
        return Output()
    }
}

/// The pages of lists.
enum LogsPage {
    /// How many items there are if a request does not say, and at most.
    static let usualLimit = 50

    /// - Throws: InvalidParameterException for a token that is not one of ours.
    static func paging<F: PageRequestFields>(_ input: View<F>) throws(ServiceError) -> Paging {
        do throws(ServiceError) {
            return try Paging(marker: input.pageToken, maxItems: min(input.pageLimit ?? usualLimit, usualLimit))
        } catch {
            throw .invalidNextToken
        }
    }
}
