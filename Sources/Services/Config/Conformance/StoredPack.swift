import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

/// A conformance pack: rules and remediations that belong together.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ConformancePackDetail.html>
struct StoredPack: Record, TaggedResource {
    static let kind = "AWS::Config::ConformancePack"
    static let arnType = "conformance-pack"
    /// Who makes its rules.
    static let creator = "config-conforms.amazonaws.com"

    let name: String
    let accountID: String
    let region: String
    var bucket: String?
    var keyPrefix: String?
    var parameters: [String: String]
    var updated: Double
    /// The organization's pack that it belongs to; nil: none.
    var createdBy: String?
    var tags: [Tag] = []

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
    var packID: String { "\(Self.arnType)-\(ConfigName.id(Self.arnType, name, accountID, region))" }
    var arn: String { Self.arn(name, accountID, region) }
    /// Names of its rules end so.
    var suffix: String { "-\(packID)" }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(
            account, region, "\(arnType)/\(name)/\(arnType)-\(ConfigName.id(arnType, name, account, region))")
    }

    var view: AWSConfig.ConformancePackDetail {
        AWSConfig.ConformancePackDetail {
            $0.conformancePackName = name
            $0.conformancePackArn = arn
            $0.conformancePackId = packID
            $0.deliveryS3Bucket = bucket
            $0.deliveryS3KeyPrefix = keyPrefix
            $0.conformancePackInputParameters = parameters.sorted { $0.key < $1.key }.map { parameter in
                AWSConfig.ConformancePackInputParameter {
                    $0.parameterName = parameter.key
                    $0.parameterValue = parameter.value
                }
            }
            $0.lastUpdateRequestedTime = Timestamp(secondsSinceEpoch: updated)
            $0.createdBy = createdBy
        }
    }

    var status: AWSConfig.ConformancePackStatusDetail {
        AWSConfig.ConformancePackStatusDetail {
            $0.conformancePackName = name
            $0.conformancePackId = packID
            $0.conformancePackArn = arn
            $0.conformancePackState = "CREATE_COMPLETE"
            $0.stackArn = "arn:aws:cloudformation:\(region):\(accountID):stack/awsconfigconforms-\(name)-\(packID)/\(packID)"
            $0.lastUpdateRequestedTime = Timestamp(secondsSinceEpoch: updated)
            $0.lastUpdateCompletedTime = Timestamp(secondsSinceEpoch: updated)
        }
    }
}

extension RecordReading {
    /// - Throws: NoSuchConformancePackException.
    func pack(_ name: String) throws(ServiceError) -> StoredPack {
        guard let pack = try get(StoredPack.self, name) else {
            throw AWSConfig.Failure.noSuchConformancePackException(
                "Cannot find specified conformance pack(s): \(name)")
        }
        return pack
    }

    /// The rules of a pack; there are at most 130.
    func rules(of pack: StoredPack) throws(ServiceError) -> [StoredRule] {
        try referrers(StoredRule.self, StoredRule.packRelation, to: pack.packID, limit: 1000)
            .filter { !$0.state.hasPrefix("DELETING") }
    }

    /// A page of packs: those of the names that a request has, or all.
    func packs(_ names: [String]?, _ paging: Paging) throws(ServiceError) -> Page<StoredPack> {
        guard let names, !names.isEmpty else { return try page(StoredPack.self, paging) }
        var found: [StoredPack] = []
        for name in names { found.append(try pack(name)) }
        return Page(items: found)
    }
}
