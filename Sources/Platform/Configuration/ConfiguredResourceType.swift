public import Ledger
public import Wire

/// A resource of which there are configuration items, as its module finds it.
public struct ConfiguredResource: Hashable, Sendable {
    /// `AWS::IAM::User`
    public var type: String
    /// The account that it is in.
    public var account: String
    /// The Region that it is in; empty for what has none.
    public var region: String
    /// What the module knows it by: as a rule, the id of its record. It is not AWS Config's id of the resource, which is in the item.
    public var record: String

    /// Makes one; see the properties.
    public init(_ type: String, _ record: String, account: String, region: String) {
        self.type = type
        self.record = record
        self.account = account
        self.region = region
    }
}

/// A type of resource that AWS Config records, as its module declares it (``ServiceModule/configuredResources``): how its
/// resources look, from nothing but records, and which changes of records change how which of them look.
///
/// ```swift
/// extension ConfiguredResourceType {
///     static let box = ConfiguredResourceType("AWS::Vault::Box", of: Box.self) { (box, state) in
///         ConfigurationItem(
///             "AWS::Vault::Box", id: box.id, arn: box.arn, account: box.accountID, region: box.region,
///             configuration: .members(["contents": .string(box.contents)]))
///     }
/// }
/// ```
///
/// Live state is that function over the records, and history the same function over the journal; see ``RecordedState``.
public struct ConfiguredResourceType: Sendable {
    /// Resources that may look otherwise after a change. The state is that after the change; what was before is in the change.
    public typealias Concern =
        @Sendable (_ change: Change, _ state: RecordedState) throws(ServiceError) -> [ConfiguredResource]
    /// Some of the resources of an account in a Region, and where to go on; nil there: those were all.
    public typealias List =
        @Sendable (_ account: String, _ region: String, _ after: String?, _ limit: Int, Records) throws(ServiceError)
        -> (resources: [ConfiguredResource], next: String?)

    /// `AWS::IAM::User`
    public let name: String
    /// Whether it is one of IAM's types, which are the same in all Regions and which a recorder records only if it is told to.
    public let isGlobal: Bool
    /// The kinds of records whose changes may concern its resources.
    public let kinds: Set<String>
    /// See ``Concern``.
    public let concerned: Concern
    /// See ``List``.
    public let list: List
    /// How one of its resources is, or was; nil: there is none.
    public let item: @Sendable (ConfiguredResource, RecordedState) throws(ServiceError) -> ConfigurationItem?
    /// What the module knows the resource of an ARN by; nil: it is none of its type, or that can't be told by the ARN alone.
    public let named: @Sendable (_ arn: String, Environment) -> ConfiguredResource?

    /// Makes a type; see the properties.
    public init(
        _ name: String, isGlobal: Bool = false, kinds: Set<String>, concerned: @escaping Concern, list: @escaping List,
        named: @escaping @Sendable (_ arn: String, Environment) -> ConfiguredResource? = { _, _ in nil },
        item:
            @escaping @Sendable (ConfiguredResource, RecordedState) throws(ServiceError) -> ConfigurationItem?
    ) {
        self.name = name
        self.isGlobal = isGlobal
        self.kinds = kinds
        self.concerned = concerned
        self.list = list
        self.named = named
        self.item = item
    }

    /// Makes a type of which each resource is a record of one kind, in the scope of its account and Region.
    /// - Parameters:
    ///   - record: the type of the record.
    ///   - others: further kinds of records, and the ids of the records that a change of one concerns.
    ///   - item: how a record looks.
    public init<R: Record>(
        _ name: String, of record: R.Type, isGlobal: Bool = false,
        also others: [String: @Sendable (Change, RecordedState) throws(ServiceError) -> [String]] = [:],
        named: @escaping @Sendable (_ arn: String, Environment) -> ConfiguredResource? = { _, _ in nil },
        item: @escaping @Sendable (R, RecordedState) throws(ServiceError) -> ConfigurationItem?
    ) {
        self.init(
            name, of: record, isGlobal: isGlobal, also: others, named: named,
            placed: { (record, _, state) throws(ServiceError) in try item(record, state) })
    }

    /// The same, for records that do not say where they are.
    /// - Parameter placed: how a record looks, as that resource.
    public init<R: Record>(
        _ name: String, of record: R.Type, isGlobal: Bool = false,
        also others: [String: @Sendable (Change, RecordedState) throws(ServiceError) -> [String]] = [:],
        named: @escaping @Sendable (_ arn: String, Environment) -> ConfiguredResource? = { _, _ in nil },
        placed: @escaping @Sendable (R, ConfiguredResource, RecordedState) throws(ServiceError) -> ConfigurationItem?
    ) {
        self.init(
            name, isGlobal: isGlobal, kinds: Set(others.keys).union([R.kind]),
            concerned: { (change, state) throws(ServiceError) in
                let ids: [String]
                if change.kind == R.kind {
                    ids = [change.id]
                } else {
                    ids = try others[change.kind]?(change, state) ?? []
                }
                return ids.map {
                    ConfiguredResource(name, $0, account: change.scope.account, region: change.scope.region)
                }
            },
            list: { (account, region, after, limit, records) throws(ServiceError) in
                let scope = Scope(account: account, region: isGlobal ? "" : region)
                let ids = try records.of(scope).listIDs(R.self, after: after, limit: limit)
                return (
                    ids.map { ConfiguredResource(name, $0, account: account, region: scope.region) },
                    ids.count == limit ? ids.last : nil
                )
            },
            named: named,
            item: { (resource, state) throws(ServiceError) in
                let scope = Scope(account: resource.account, region: resource.region)
                guard let record = try state.get(R.self, resource.record, in: scope) else { return nil }
                return try placed(record, resource, state)
            })
    }
}

extension Change {
    /// The record before and after, of a kind that can't be anything else.
    /// - Throws: InternalFailure for one that can't be read.
    public func states<R: Record>(of type: R.Type) throws(ServiceError) -> [R] {
        do throws(LedgerError) {
            return [try decodeBefore(type), try decodeAfter(type)].compactMap { $0 }
        } catch {
            throw ServiceError(error)
        }
    }
}

extension Environment {
    /// The type of resource of a name; nil: AWS Config knows none here.
    public func configuredResourceType(_ name: String) -> ConfiguredResourceType? { configuredResources[name] }

    /// How a resource is now.
    /// - Throws: InternalFailure for a record that can't be read.
    public func configurationItem(
        of resource: ConfiguredResource, _ records: some RecordReading
    ) throws(ServiceError) -> ConfigurationItem? {
        try configuredResources[resource.type]?.item(resource, RecordedState(records, self))
    }
}
