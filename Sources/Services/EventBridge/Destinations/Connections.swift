import Directory
import EventBridgeAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Connections: how API destinations prove who asks.
// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html>

extension Quota {
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
    static let eventConnections = Quota("EventConnections", 3_000)
    static let apiDestinations = Quota("ApiDestinations", 3_000)
}

/// Names and values that a connection adds to requests.
struct HTTPAdditions: Sendable {
    var headers: [(name: String, value: String)] = []
    var query: [(name: String, value: String)] = []
    var body: [(name: String, value: String)] = []

    init(_ parameters: EventBridge.ConnectionHttpParameters?) {
        headers = (parameters?.headerParameters ?? []).map { (name: $0.key ?? "", value: $0.value ?? "") }
        query = (parameters?.queryStringParameters ?? []).map { (name: $0.key ?? "", value: $0.value ?? "") }
        body = (parameters?.bodyParameters ?? []).map { (name: $0.key ?? "", value: $0.value ?? "") }
    }
}

extension StoredConnection {
    /// A client of an authorization server.
    struct Client: Sendable {
        let id: String
        let secret: String
        let endpoint: String
        let method: String
        let more: HTTPAdditions
    }

    private func view() throws(ServiceError) -> EventBridge.CreateConnectionAuthRequestParameters {
        EventBridge.CreateConnectionAuthRequestParameters(
            try Structure(json: parameters, of: EventBridge.CreateConnectionAuthRequestParametersFields.shape))
    }

    /// What is added to each request, without an access token.
    func authorization() throws(ServiceError) -> HTTPAdditions {
        let view = try view()
        var additions = HTTPAdditions(view.invocationHttpParameters)
        if type == "BASIC", let basic = view.basicAuthParameters {
            let text = Data("\(basic.username):\(basic.password)".utf8).base64EncodedString()
            additions.headers.append((name: "Authorization", value: "Basic \(text)"))
        } else if type == "API_KEY", let key = view.apiKeyAuthParameters {
            additions.headers.append((name: key.apiKeyName, value: key.apiKeyValue))
        }
        return additions
    }

    /// nil: the connection needs no access token.
    func client() throws(ServiceError) -> Client? {
        guard type == "OAUTH_CLIENT_CREDENTIALS", let oauth = try view().oAuthParameters else { return nil }
        return Client(
            id: oauth.clientParameters.clientID, secret: oauth.clientParameters.clientSecret,
            endpoint: oauth.authorizationEndpoint, method: oauth.httpMethod,
            more: HTTPAdditions(oauth.oAuthHttpParameters))
    }

    /// Without the secrets.
    func shown() throws(ServiceError) -> EventBridge.ConnectionAuthResponseParameters {
        let view = try view()
        return EventBridge.ConnectionAuthResponseParameters {
            if let basic = view.basicAuthParameters {
                $0.basicAuthParameters = EventBridge.ConnectionBasicAuthResponseParameters {
                    $0.username = basic.username
                }
            }
            if let key = view.apiKeyAuthParameters {
                $0.apiKeyAuthParameters = EventBridge.ConnectionApiKeyAuthResponseParameters {
                    $0.apiKeyName = key.apiKeyName
                }
            }
            if let oauth = view.oAuthParameters {
                $0.oAuthParameters = EventBridge.ConnectionOAuthResponseParameters {
                    $0.clientParameters = EventBridge.ConnectionOAuthClientResponseParameters {
                        $0.clientID = oauth.clientParameters.clientID
                    }
                    $0.authorizationEndpoint = oauth.authorizationEndpoint
                    $0.httpMethod = oauth.httpMethod
                    $0.oAuthHttpParameters = Self.withoutSecrets(oauth.oAuthHttpParameters)
                }
            }
            $0.invocationHttpParameters = Self.withoutSecrets(view.invocationHttpParameters)
        }
    }

    private static func withoutSecrets(
        _ parameters: EventBridge.ConnectionHttpParameters?
    ) -> EventBridge.ConnectionHttpParameters? {
        guard let parameters else { return nil }
        return EventBridge.ConnectionHttpParameters {
            $0.headerParameters = parameters.headerParameters?.map { one in
                EventBridge.ConnectionHeaderParameter {
                    $0.key = one.key
                    $0.isValueSecret = one.isValueSecret
                    if one.isValueSecret != true { $0.value = one.value }
                }
            }
            $0.queryStringParameters = parameters.queryStringParameters?.map { one in
                EventBridge.ConnectionQueryStringParameter {
                    $0.key = one.key
                    $0.isValueSecret = one.isValueSecret
                    if one.isValueSecret != true { $0.value = one.value }
                }
            }
            $0.bodyParameters = parameters.bodyParameters?.map { one in
                EventBridge.ConnectionBodyParameter {
                    $0.key = one.key
                    $0.isValueSecret = one.isValueSecret
                    if one.isValueSecret != true { $0.value = one.value }
                }
            }
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func connection(_ name: String) throws(ServiceError) -> StoredConnection {
        guard let connection = try get(StoredConnection.self, name) else {
            throw .notFound("Failed to describe the connection(s). Connection '\(name)' does not exist.")
        }
        return connection
    }
}

/// An operation on the connection that its request names.
protocol OnConnection: Platform.Operation where InputFields: EventBridge.WithName {}

extension OnConnection {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess(call.eventsARN("connection/", input.name)))
    }
}

extension EventBridge.CreateConnection: WriteOperation, OnConnection {
    public static var secretMembers: Set<String> { ["AuthParameters"] }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.invocationConnectivityParameters == nil, input.authParameters.connectivityParameters == nil else {
            throw .notImplemented("Gatehouse has no private connectivity: leave the connectivity parameters out.")
        }
        guard input.kmsKeyIdentifier == nil else { throw .noKeysOfEvents }
        guard try records.get(StoredConnection.self, input.name) == nil else {
            throw .alreadyThere("Connection \(input.name) already exists.")
        }
        guard try records.count(StoredConnection.self) < call.quotas[.eventConnections] else { throw .tooManyInEvents }
        let view = input.authParameters
        try check(input.authorizationType, view)
        let connection = StoredConnection(
            name: input.name, uniqueID: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region,
            created: call.time, modified: call.time, authorized: call.time, text: input.description,
            type: input.authorizationType, parameters: view.structure.json)
        try records.put(connection)
        return Output {
            $0.connectionArn = connection.arn
            $0.connectionState = connection.state
            $0.creationTime = Timestamp(secondsSinceEpoch: connection.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: connection.modified)
        }
    }

    fileprivate static func check(
        _ type: String, _ view: EventBridge.CreateConnectionAuthRequestParameters
    ) throws(ServiceError) {
        let isThere =
            switch type {
            case "BASIC": view.basicAuthParameters != nil
            case "API_KEY": view.apiKeyAuthParameters != nil
            default: view.oAuthParameters?.authorizationEndpoint.hasPrefix("https://") == true
            }
        guard isThere else {
            throw .invalidEvents("Parameter AuthParameters is not valid. Reason: it lacks what \(type) needs.")
        }
    }
}

extension EventBridge.UpdateConnection: WriteOperation, OnConnection {
    public static var secretMembers: Set<String> { ["AuthParameters"] }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.invocationConnectivityParameters == nil, input.authParameters?.connectivityParameters == nil else {
            throw .notImplemented("Gatehouse has no private connectivity: leave the connectivity parameters out.")
        }
        guard (input.kmsKeyIdentifier ?? "").isEmpty else { throw .noKeysOfEvents }
        var connection = try records.connection(input.name)
        connection.text = input.description ?? connection.text
        connection.type = input.authorizationType ?? connection.type
        if let changes = input.authParameters {
            connection.parameters = try merged(connection.parameters, changes.structure.json)
        }
        let view = EventBridge.CreateConnectionAuthRequestParameters(
            try Structure(
                json: connection.parameters, of: EventBridge.CreateConnectionAuthRequestParametersFields.shape))
        try EventBridge.CreateConnection.check(connection.type, view)
        connection.state = "AUTHORIZED"
        (connection.modified, connection.authorized) = (call.time, call.time)
        try records.put(connection)
        return Output {
            $0.connectionArn = connection.arn
            $0.connectionState = connection.state
            $0.creationTime = Timestamp(secondsSinceEpoch: connection.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: connection.modified)
            $0.lastAuthorizedTime = connection.authorized.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }

    /// What a request leaves out stays as it is.
    private static func merged(_ old: String, _ new: String) throws(ServiceError) -> String {
        guard let a = try? JSONValue(parsing: Array(old.utf8)), let b = try? JSONValue(parsing: Array(new.utf8)) else {
            throw .internalFailure
        }
        func merge(_ a: JSONValue, _ b: JSONValue) -> JSONValue {
            guard case .object(var members) = a, case .object(let others) = b else { return b }
            for other in others {
                if let index = members.firstIndex(where: { $0.key == other.key }) {
                    members[index].value = merge(members[index].value, other.value)
                } else {
                    members.append(other)
                }
            }
            return .object(members)
        }
        var writer = JSONWriter()
        writer.json(merge(a, b))
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension EventBridge.DescribeConnection: ReadOperation, OnConnection {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let connection = try records.connection(input.name)
        let shown = try connection.shown()
        return Output {
            $0.connectionArn = connection.arn
            $0.name = connection.name
            $0.description = connection.text
            $0.connectionState = connection.state
            $0.authorizationType = connection.type
            // AWS keeps the secrets in Secrets Manager; here they are sealed with the connection.
            $0.secretArn = ARN.text(
                "secretsmanager", connection.region, connection.accountID, "secret:",
                "events!connection/\(connection.name)/\(connection.uniqueID)")
            $0.authParameters = shown
            $0.creationTime = Timestamp(secondsSinceEpoch: connection.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: connection.modified)
            $0.lastAuthorizedTime = connection.authorized.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

extension EventBridge.DeauthorizeConnection: WriteOperation, OnConnection {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var connection = try records.connection(input.name)
        connection.state = "DEAUTHORIZED"
        connection.modified = call.time
        // The secrets are gone.
        connection.parameters = "{}"
        try records.put(connection)
        return Output {
            $0.connectionArn = connection.arn
            $0.connectionState = connection.state
            $0.creationTime = Timestamp(secondsSinceEpoch: connection.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: connection.modified)
            $0.lastAuthorizedTime = connection.authorized.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

extension EventBridge.DeleteConnection: WriteOperation, OnConnection {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let connection = try records.connection(input.name)
        try records.delete(connection)
        return Output {
            $0.connectionArn = connection.arn
            $0.connectionState = "DELETING"
            $0.creationTime = Timestamp(secondsSinceEpoch: connection.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: connection.modified)
            $0.lastAuthorizedTime = connection.authorized.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

extension EventBridge.ListConnections: ReadOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.namePrefix ?? ""
        let page = try records.page(StoredConnection.self, try EventsPage.paging(input.nextToken, input.limit)) { one in
            one.name.hasPrefix(prefix) && (input.connectionState.map { $0 == one.state } ?? true)
        }
        return Output {
            $0.connections = page.items.map { connection in
                EventBridge.Connection {
                    $0.connectionArn = connection.arn
                    $0.name = connection.name
                    $0.connectionState = connection.state
                    $0.authorizationType = connection.type
                    $0.creationTime = Timestamp(secondsSinceEpoch: connection.created)
                    $0.lastModifiedTime = Timestamp(secondsSinceEpoch: connection.modified)
                    $0.lastAuthorizedTime = connection.authorized.map { Timestamp(secondsSinceEpoch: $0) }
                }
            }
            $0.nextToken = page.marker
        }
    }
}
