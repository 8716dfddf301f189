import Ledger
import Platform
import Synchronization

/// All trails, of all accounts and Regions: there are few, and requests ask for those of other Regions and accounts, too.
final class TrailIndex: Projection {
    static let kinds: Set<String> = [Trail.kind]

    private let trails = Mutex<[Scope: [String: Trail]]>([:])

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let trail = try change.decodeAfter(Trail.self)
            trails.withLock { $0[change.scope, default: [:]][change.id] = trail }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        trails.withLock { $0 = [:] }
        try apply(changes)
    }

    /// A trail by the parts of its ARN.
    func trail(_ name: String, in scope: Scope) -> Trail? { trails.withLock { $0[scope]?[name] } }

    /// The trails that an account sees, in the order of their names and Regions: its own, and those of its organization.
    func trails(seenBy account: String, of organizationID: String?) -> [Trail] {
        trails.withLock { trails in
            trails.values.flatMap(\.values).filter {
                $0.accountID == account || organizationID != nil && $0.organizationID == organizationID
            }
        }.sorted { ($0.name, $0.homeRegion) < ($1.name, $1.homeRegion) }
    }

    /// Those that log.
    var logging: [Trail] {
        trails.withLock { $0.values.flatMap(\.values).filter(\.isLogging) }.sorted { $0.uniqueID < $1.uniqueID }
    }

    /// Those of organizations.
    var ofOrganizations: [Trail] {
        trails.withLock { $0.values.flatMap(\.values).filter { $0.organizationID != nil } }
    }

    /// How many there are in each Region.
    var counts: [String: Int] {
        trails.withLock { $0.reduce(into: [:]) { $0[$1.key.region, default: 0] += $1.value.count } }
    }
}

extension Environment {
    var trails: TrailIndex { projection(TrailIndex.self) }
}

extension ResourceType {
    static let trail = ResourceType("cloudtrail", "trail/", hasOwnTagKey: false) { _, arn, call in
        let scope = Scope(account: arn.account, region: arn.region)
        return call.environment.trails.trail(String(arn.resource.dropFirst("trail/".count)), in: scope).map {
            Resource(owner: $0.accountID, tags: $0.tags)
        }
    }
}
