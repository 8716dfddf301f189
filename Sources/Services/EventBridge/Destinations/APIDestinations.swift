import Directory
import EventBridgeAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// API destinations: HTTP endpoints that rules can have as targets.
// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>

/// Requests a second, where nothing else is said.
private let usualRate = 300

extension StoredAPIDestination {
    /// - Throws: ValidationException for an address that is not `https`.
    fileprivate mutating func set(endpoint: String, _ environment: Environment) throws(ServiceError) {
        let sample = endpoint.replacing("*", with: "x")
        guard sample.hasPrefix("https://"), environment.outsideServers.subscriberPlace(of: sample) != nil else {
            throw .invalidEvents(
                "Parameter InvocationEndpoint is not valid. Reason: it has to be an address with HTTPS.")
        }
        self.endpoint = endpoint
    }

    fileprivate var view: EventBridge.ApiDestination {
        EventBridge.ApiDestination {
            $0.apiDestinationArn = arn
            $0.name = name
            $0.apiDestinationState = "ACTIVE"
            $0.connectionArn = connection
            $0.invocationEndpoint = endpoint
            $0.httpMethod = method
            $0.invocationRateLimitPerSecond = rate
            $0.creationTime = Timestamp(secondsSinceEpoch: created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: modified)
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    fileprivate func apiDestination(_ name: String) throws(ServiceError) -> StoredAPIDestination {
        guard let destination = try get(StoredAPIDestination.self, name) else {
            throw .notFound("Failed to describe the api-destination(s). An api-destination '\(name)' does not exist.")
        }
        return destination
    }

    /// A connection of these records' account, by its ARN.
    /// - Throws: ResourceNotFoundException.
    fileprivate func checkConnection(_ arn: String) throws(ServiceError) {
        let name = ARN(parsing: arn)?.typeAndRest?.rest.split(separator: "/").first.map(String.init) ?? ""
        guard let connection = try get(StoredConnection.self, name), connection.arn == arn else {
            throw .notFound("Connection '\(arn)' does not exist.")
        }
    }
}

/// An operation on the API destination that its request names.
protocol OnAPIDestination: Platform.Operation where InputFields: EventBridge.WithName {}

extension OnAPIDestination {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess(call.eventsARN("api-destination/", input.name)))
    }
}

extension EventBridge.CreateApiDestination: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.eventsAccess(call.eventsARN("api-destination/", input.name)), call.eventsAccess(input.connectionArn),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard try records.get(StoredAPIDestination.self, input.name) == nil else {
            throw .alreadyThere("An api-destination '\(input.name)' already exists.")
        }
        guard try records.count(StoredAPIDestination.self) < call.quotas[.apiDestinations] else {
            throw .tooManyInEvents
        }
        try records.checkConnection(input.connectionArn)
        var destination = StoredAPIDestination(
            name: input.name, uniqueID: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region,
            created: call.time, modified: call.time, description: input.description, connection: input.connectionArn,
            endpoint: "", method: input.httpMethod, rate: input.invocationRateLimitPerSecond ?? usualRate)
        try destination.set(endpoint: input.invocationEndpoint, call.environment)
        try records.put(destination)
        return Output {
            $0.apiDestinationArn = destination.arn
            $0.apiDestinationState = "ACTIVE"
            $0.creationTime = Timestamp(secondsSinceEpoch: destination.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: destination.modified)
        }
    }
}

extension EventBridge.UpdateApiDestination: WriteOperation, OnAPIDestination {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var destination = try records.apiDestination(input.name)
        if let connection = input.connectionArn {
            try records.checkConnection(connection)
            destination.connection = connection
        }
        destination.description = input.description ?? destination.description
        if let endpoint = input.invocationEndpoint { try destination.set(endpoint: endpoint, call.environment) }
        destination.method = input.httpMethod ?? destination.method
        destination.rate = input.invocationRateLimitPerSecond ?? destination.rate
        destination.modified = call.time
        try records.put(destination)
        return Output {
            $0.apiDestinationArn = destination.arn
            $0.apiDestinationState = "ACTIVE"
            $0.creationTime = Timestamp(secondsSinceEpoch: destination.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: destination.modified)
        }
    }
}

extension EventBridge.DescribeApiDestination: ReadOperation, OnAPIDestination {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let destination = try records.apiDestination(input.name)
        return Output {
            $0.apiDestinationArn = destination.arn
            $0.name = destination.name
            $0.description = destination.description
            $0.apiDestinationState = "ACTIVE"
            $0.connectionArn = destination.connection
            $0.invocationEndpoint = destination.endpoint
            $0.httpMethod = destination.method
            $0.invocationRateLimitPerSecond = destination.rate
            $0.creationTime = Timestamp(secondsSinceEpoch: destination.created)
            $0.lastModifiedTime = Timestamp(secondsSinceEpoch: destination.modified)
        }
    }
}

extension EventBridge.DeleteApiDestination: WriteOperation, OnAPIDestination {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.apiDestination(input.name))
        return Output()
    }
}

extension EventBridge.ListApiDestinations: ReadOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.namePrefix ?? ""
        let page = try records.page(StoredAPIDestination.self, try EventsPage.paging(input.nextToken, input.limit)) {
            one in
            one.name.hasPrefix(prefix) && (input.connectionArn.map { $0 == one.connection } ?? true)
        }
        return Output {
            $0.apiDestinations = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}
