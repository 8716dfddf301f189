/// Which events are wanted: the selectors of a trail or of an event data store, as a question to an event. Pure: it knows
/// neither the API nor where events come from.
///
/// ```swift
/// EventSelection.basic([BasicSelector(readWriteType: .writeOnly)]).selects(event)
/// ```
///
/// AWS: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
public enum EventSelection: Sendable, Codable, Hashable {
    /// An event is wanted if any of them wants it.
    case basic([BasicSelector])
    /// An event is wanted if any of them wants it.
    case advanced([AdvancedSelector])

    /// What a new trail has: all management events, and nothing else.
    public static let standard = EventSelection.basic([BasicSelector()])

    /// Whether an event is wanted.
    public func selects(_ event: some SelectableEvent) -> Bool {
        switch self {
        case .basic(let selectors): selectors.contains { $0.selects(event) }
        case .advanced(let selectors): selectors.contains { $0.selects(event) }
        }
    }
}

/// What selectors ask of an event. Each is asked for only when a selector depends on it.
public protocol SelectableEvent {
    /// The value of a field, as text; nil where the event has none. Not asked for the fields of resources.
    func value(of field: SelectorField) -> String?
    /// What the event was about.
    var resources: [SelectableResource] { get }
}

/// A resource of an event, to be selected by.
public struct SelectableResource: Sendable, Hashable {
    /// `AWS::S3::Object`
    public var type: String
    /// Its ARN; or, for an event about all that begin with it, as of a listing, what their ARNs begin with.
    public var arn: String

    /// - Parameters: see the properties.
    public init(type: String, arn: String) {
        self.type = type
        self.arn = arn
    }
}

/// A field of an event that advanced selectors can ask for.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html>
public enum SelectorField: String, Sendable, Codable, CaseIterable {
    case readOnly
    case eventSource
    case eventName
    case eventCategory
    case eventType
    case errorCode
    case resourceType = "resources.type"
    case resourceARN = "resources.ARN"
    case vpcEndpointId
    case userARN = "userIdentity.arn"
    case sessionCredentialFromConsole
}

/// `Management`, `Data`, `NetworkActivity` and so on: the `eventCategory` of events.
enum EventCategory {
    static let management = "Management"
    static let data = "Data"
    static let network = "NetworkActivity"
    static let insight = "Insight"
    /// Of what comes through channels.
    static let activity = "ActivityAuditLog"
}

// MARK: - Basic

/// A basic event selector.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html>
public struct BasicSelector: Sendable, Codable, Hashable {
    /// Which events by whether they change something.
    public enum ReadWriteType: String, Sendable, Codable {
        case readOnly = "ReadOnly"
        case writeOnly = "WriteOnly"
        case all = "All"
    }

    /// Data events of resources of a type.
    public struct DataResource: Sendable, Codable, Hashable {
        /// `AWS::S3::Object`
        public var type: String
        /// What the ARNs of the resources begin with.
        public var values: [String]

        /// - Parameters: see the properties.
        public init(type: String, values: [String]) {
            self.type = type
            self.values = values
        }
    }

    public var readWriteType: ReadWriteType
    /// Whether management events are wanted.
    public var includesManagement: Bool
    public var dataResources: [DataResource]
    /// `eventSource`s of which no management events are wanted.
    public var excludedSources: [String]

    /// - Parameters: see the properties.
    public init(
        readWriteType: ReadWriteType = .all, includesManagement: Bool = true, dataResources: [DataResource] = [],
        excludedSources: [String] = []
    ) {
        self.readWriteType = readWriteType
        self.includesManagement = includesManagement
        self.dataResources = dataResources
        self.excludedSources = excludedSources
    }

    /// Whether an event is wanted.
    public func selects(_ event: some SelectableEvent) -> Bool {
        switch readWriteType {
        case .all: break
        case .readOnly: guard event.value(of: .readOnly) == "true" else { return false }
        case .writeOnly: guard event.value(of: .readOnly) == "false" else { return false }
        }
        switch event.value(of: .eventCategory) {
        case EventCategory.management:
            guard includesManagement else { return false }
            return excludedSources.isEmpty
                || event.value(of: .eventSource).map { !excludedSources.contains($0) } ?? true
        case EventCategory.data:
            return !dataResources.isEmpty
                && event.resources.contains { resource in
                    dataResources.contains { data in
                        data.type == resource.type && data.values.contains { resource.arn.hasBytes(prefix: $0) }
                    }
                }
        default: return false
        }
    }
}

// MARK: - Advanced

/// An advanced event selector: an event is wanted if it meets all conditions.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html>
public struct AdvancedSelector: Sendable, Codable, Hashable {
    public var name: String?
    public var conditions: [FieldCondition]

    /// - Parameters: see the properties.
    public init(name: String? = nil, conditions: [FieldCondition]) {
        self.name = name
        self.conditions = conditions
    }

    /// Whether an event is wanted.
    public func selects(_ event: some SelectableEvent) -> Bool {
        conditions.allSatisfy { condition in
            switch condition.field {
            case .resourceType:
                return condition.isMet(byAnyOf: event.resources.map(\.type))
            case .resourceARN:
                // An object's event is about its bucket, too, whose ARN is not asked about.
                let types = conditions.first { $0.field == .resourceType }?.equals
                let asked = event.resources.filter { resource in types?.contains(resource.type) ?? true }
                return condition.isMet(byAnyOf: asked.map(\.arn))
            default:
                return condition.isMet(byAnyOf: event.value(of: condition.field).map { [$0] } ?? [])
            }
        }
    }
}

/// What a field has to be. Of the conditions that select one has to hold, of those that deselect every one.
public struct FieldCondition: Sendable, Codable, Hashable {
    public var field: SelectorField
    public var equals: [String] = []
    public var startsWith: [String] = []
    public var endsWith: [String] = []
    public var notEquals: [String] = []
    public var notStartsWith: [String] = []
    public var notEndsWith: [String] = []

    /// A condition that has yet to be filled.
    public init(_ field: SelectorField) {
        self.field = field
    }

    /// Whether the values of an event's field meet it. A field without a value meets what only deselects.
    public func isMet(byAnyOf values: [String]) -> Bool {
        let isDeselected = values.contains { value in
            notEquals.contains { value.utf8.elementsEqual($0.utf8) }
                || notStartsWith.contains { value.hasBytes(prefix: $0) }
                || notEndsWith.contains { value.hasBytes(suffix: $0) }
        }
        guard !isDeselected else { return false }
        guard !equals.isEmpty || !startsWith.isEmpty || !endsWith.isEmpty else { return true }
        return values.contains { value in
            equals.contains { value.utf8.elementsEqual($0.utf8) } || startsWith.contains { value.hasBytes(prefix: $0) }
                || endsWith.contains { value.hasBytes(suffix: $0) }
        }
    }
}

extension String {
    /// Byte by byte: Swift takes some texts for equal that are not.
    fileprivate func hasBytes(prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

    fileprivate func hasBytes(suffix: String) -> Bool {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
