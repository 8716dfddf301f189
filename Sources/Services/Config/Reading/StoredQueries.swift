import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Queries that are kept by name.
// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutStoredQuery.html>

extension Quota {
    static let storedQueries = Quota("StoredQueries", 300)
}

/// An operation on the query that its request names.
protocol OnStoredQuery: Platform.Operation where InputFields: AWSConfig.WithQueryName {}

extension OnStoredQuery {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(StoredQuery.arn(input.queryName, call.accountID, call.region)))
    }
}

extension RecordReading {
    fileprivate func query(_ name: String) throws(ServiceError) -> StoredQuery {
        guard let query = try get(StoredQuery.self, name) else {
            throw AWSConfig.Failure.resourceNotFoundException(
                "The query '\(name)' does not exist. Please check the query name and try again.")
        }
        return query
    }
}

extension AWSConfig.PutStoredQuery: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = (input.tags ?? []).map { Tag(key: $0.key ?? "", value: $0.value ?? "") }
        return .required(
            call.configAccess(
                StoredQuery.arn(input.storedQuery.queryName, call.accountID, call.region),
                ConditionKeys.requestTags(tags)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let view = input.storedQuery
        var query: StoredQuery
        if let old = try records.get(StoredQuery.self, view.queryName) {
            query = old
        } else {
            let quota = call.quotas[.storedQueries]
            guard try records.count(StoredQuery.self) < quota else {
                throw AWSConfig.Failure.limitExceededException(
                    "You have reached the limit of the number of stored queries: \(quota).")
            }
            query = StoredQuery(name: view.queryName, accountID: call.accountID, region: call.region)
            query.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: [])
        }
        (query.description, query.expression) = (view.description, view.expression)
        try records.put(query)
        let made = query
        return Output { $0.queryArn = made.arn }
    }
}

extension AWSConfig.GetStoredQuery: ReadOperation, OnStoredQuery {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let query = try records.query(input.queryName)
        return Output {
            $0.storedQuery = AWSConfig.StoredQuery {
                $0.queryId = query.queryID
                $0.queryArn = query.arn
                $0.queryName = query.name
                $0.description = query.description
                $0.expression = query.expression
            }
        }
    }
}

extension AWSConfig.DeleteStoredQuery: WriteOperation, OnStoredQuery {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.query(input.queryName))
        return Output()
    }
}

extension AWSConfig.ListStoredQueries: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(StoredQuery.self, try ConfigPage.paging(input, usual: 50))
        return Output(page) { query in
            AWSConfig.StoredQueryMetadata {
                $0.queryId = query.queryID
                $0.queryArn = query.arn
                $0.queryName = query.name
                $0.description = query.description
            }
        }
    }
}
