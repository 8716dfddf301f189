import Directory
import Platform
import Posture
import Testing
import Wire

/// An account that a test has made up: its resources by type and Region.
struct MadeUp: PostureSource {
    var resources: [String: [ConfigurationItem]] = [:]
    var isKnown = true

    func items(_ type: String, in region: String) -> [ConfigurationItem] {
        (resources[type] ?? []).filter { ($0.region == "global" ? "" : $0.region) == region }
    }

    func knows(_ type: String) -> Bool { isKnown }

    mutating func add(_ item: ConfigurationItem) { resources[item.resourceType, default: []].append(item) }
}

let account = "111122223333"
let now = 1_800_000_000.0
let day = 86_400.0

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

/// A resource with a configuration in JSON.
func item(
    _ type: String, _ id: String = "x", region: String = "", _ configuration: String,
    also supplementary: String = "{}", created: Double? = nil
) throws -> ConfigurationItem {
    guard case .object(let more) = try json(supplementary) else { throw ServiceError("Test", "no object", status: 400) }
    return ConfigurationItem(
        type, id: id, name: id, arn: "arn:aws:test::\(account):\(id)", account: account, region: region,
        created: created, configuration: try json(configuration), supplementary: more)
}

/// What a check says of an account.
func verdicts(_ id: String, _ source: MadeUp, in region: String = "us-east-1") throws -> [PostureVerdict] {
    let check = try #require(PostureCheck.named(id))
    let view = PostureView(source, account: account, regions: [region], now: now)
    switch check.evaluation {
    case .each(let type, let judge):
        var found: [PostureVerdict] = []
        for item in source.resources[type] ?? [] {
            if let verdict = try judge(item, view.of(item.region == "global" ? "" : item.region)) {
                found.append(verdict)
            }
        }
        return found
    case .account(let survey): return try survey(view).map(\.verdict)
    case .region(let survey): return try survey(view.of(region)).map(\.verdict)
    }
}

/// What a check says of one resource.
func verdict(_ id: String, _ items: ConfigurationItem...) throws -> PostureVerdict {
    var source = MadeUp()
    for item in items { source.add(item) }
    let found = try verdicts(id, source)
    #expect(found.count == 1)
    return try #require(found.first)
}

/// The credentials of a user.
func credentials(
    _ name: String = "ada", password: Double? = nil, used: Double? = nil, devices: Int = 0,
    keys: [(id: String, age: Double, used: Double?, isActive: Bool)] = [], isRoot: Bool = false
) throws -> ConfigurationItem {
    func time(_ name: String, _ age: Double?) -> String { age.map { #","\#(name)":\#(now - $0 * day)"# } ?? "" }
    let shown = keys.map { key in
        #"{"id":"\#(key.id)","isActive":\#(key.isActive)\#(time("created", key.age))\#(time("used", key.used))}"#
    }
    let factors = Array(
        repeating: #"{"serialNumber":"arn:aws:iam::111122223333:mfa/x","isVirtual":true}"#, count: devices)
    return try item(
        AuditedType.credentials, name,
        #"{"isRoot":\#(isRoot),"hasPassword":\#(password != nil)\#(time("passwordChanged", password))"#
            + time("passwordUsed", used) + #","devices":[\#(factors.joined(separator: ","))],"#
            + #""keys":[\#(shown.joined(separator: ","))]}"#)
}
