import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Analyzers.
    static let analyzer = ConfiguredResourceType(
        Analyzer.kind, of: Analyzer.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "access-analyzer",
                name.resource.hasPrefix(AnalyzerName.prefix)
            else { return nil }
            return ConfiguredResource(Analyzer.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (analyzer, _) throws(ServiceError) in
            let rules = analyzer.archiveRules.map { rule in
                JSONValue.members([
                    "RuleName": .string(rule.name),
                    "Filter": .array(
                        rule.filter.sorted { $0.key < $1.key }.map { property, criterion in
                            func list(_ texts: [String]?) -> JSONValue? { texts.map { .array($0.map { .string($0) }) } }
                            return .members([
                                "Property": .string(property), "Eq": list(criterion.eq), "Neq": list(criterion.neq),
                                "Contains": list(criterion.contains), "Exists": criterion.exists.map { .boolean($0) },
                            ])
                        }),
                ])
            }
            return ConfigurationItem(
                Analyzer.kind, id: analyzer.arn, name: analyzer.name, arn: analyzer.arn, account: analyzer.accountID,
                region: analyzer.region, availabilityZone: "Not Applicable", created: analyzer.created,
                tags: analyzer.tags,
                configuration: .members([
                    "Arn": .string(analyzer.arn), "AnalyzerName": .string(analyzer.name),
                    "Type": .string(analyzer.type.rawValue), "ArchiveRules": .array(rules),
                ]))
        })
}
