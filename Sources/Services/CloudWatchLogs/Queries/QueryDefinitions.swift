import CloudWatchLogsAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

/// A query that is kept to be run again.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_QueryDefinition.html>
struct QueryDefinition: Record {
    static let kind = "AWS::Logs::QueryDefinition"
    /// Of an account, in a Region.
    static let most = 1000

    /// A UUID of version 4, which Terraform insists on.
    let id: String
    var name: String
    var text: String
    var groups: [String]?
    /// Milliseconds since 1970.
    var modified: Int
    /// The token of the request that made it.
    var clientToken: String?
}

extension CloudWatchLogs.PutQueryDefinition: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.queryLanguage == nil || input.queryLanguage == "CWLI" else {
            throw .notImplemented("Gatehouse runs queries in the language CWLI, and in no other.")
        }
        guard (input.parameters ?? []).isEmpty else {
            throw .notImplemented("Gatehouse does not have parameters of query definitions.")
        }
        if input.queryDefinitionId == nil, let token = input.clientToken,
            let known = try records.list(QueryDefinition.self).first(where: { $0.clientToken == token })
        {
            return Output { $0.queryDefinitionId = known.id }
        }
        var definition = QueryDefinition(
            id: UUID().uuidString.lowercased(), name: input.name, text: input.queryString, groups: input.logGroupNames,
            modified: Int(milliseconds(call.time)), clientToken: input.clientToken)
        if let id = input.queryDefinitionId {
            guard let old = try records.get(QueryDefinition.self, id) else { throw .noSuchDefinition }
            definition = QueryDefinition(
                id: old.id, name: input.name, text: input.queryString, groups: input.logGroupNames,
                modified: Int(milliseconds(call.time)), clientToken: old.clientToken)
        } else if try records.list(QueryDefinition.self).count >= QueryDefinition.most {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        try records.put(definition)
        return Output { $0.queryDefinitionId = definition.id }
    }
}

extension CloudWatchLogs.DeleteQueryDefinition: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let definition = try records.get(QueryDefinition.self, input.queryDefinitionId) else {
            throw .noSuchDefinition
        }
        try records.delete(definition)
        return Output { $0.success = true }
    }
}

extension CloudWatchLogs.DescribeQueryDefinitions: ReadOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.list(QueryDefinition.self).filter { definition in
            (input.queryDefinitionNamePrefix.map { definition.name.utf8.starts(with: $0.utf8) } ?? true)
                && input.queryLanguage.map { $0 == "CWLI" } ?? true
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        let paging = try LogsPage.paging(token: input.nextToken, limit: nil)
        var rest = found[...]
        if let after = paging.after, let place = found.firstIndex(where: { $0.id == after }) {
            rest = found[(place + 1)...]
        }
        let shown = Array(rest.prefix(min(input.maxResults ?? QueryDefinition.most, QueryDefinition.most)))
        let marker = rest.count > shown.count ? shown.last.map { Paging.marker(after: $0.id) } : nil
        return Output {
            $0.queryDefinitions = shown.map { definition in
                CloudWatchLogs.QueryDefinition {
                    $0.queryLanguage = "CWLI"
                    $0.queryDefinitionId = definition.id
                    $0.name = definition.name
                    $0.queryString = definition.text
                    $0.lastModified = definition.modified
                    $0.logGroupNames = definition.groups
                }
            }
            $0.nextToken = marker
        }
    }
}

extension ServiceError {
    fileprivate static var noSuchDefinition: ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("The specified query definition does not exist.")
    }
}
