import Ledger
import Platform
import Shield
import ShieldAdvancedAPI
import Wire

/// An attack on an application.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_AttackDetail.html>
struct StoredAttack: Record {
    static let kind = "Gatehouse::Shield::Attack"
    static let version = 1
    static let keepsHistory = false
    /// How long it is told of, in seconds.
    /// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_DescribeAttackStatistics.html>
    static let kept = 365.0 * 86_400

    /// A UUID of version 7, so that attacks are in the order of their beginnings.
    let id: String
    /// The ARN of the application, or of the protection group.
    let resourceARN: String
    var report: AttackReport
    /// What its requests have in common, as long as it goes on; nil: nothing that is known.
    var rules: [MitigationRule]?

    var summary: ShieldAdvanced.AttackSummary {
        ShieldAdvanced.AttackSummary {
            $0.attackId = id
            $0.resourceArn = resourceARN
            $0.startTime = Timestamp(secondsSinceEpoch: report.start)
            $0.endTime = report.end.map { Timestamp(secondsSinceEpoch: $0) }
            $0.attackVectors = report.vectors.map { vector in
                ShieldAdvanced.AttackVectorDescription { $0.vectorType = vector.rawValue }
            }
        }
    }

    var detail: ShieldAdvanced.AttackDetail {
        ShieldAdvanced.AttackDetail {
            $0.attackId = id
            $0.resourceArn = resourceARN
            $0.subResources = subResources
            $0.startTime = Timestamp(secondsSinceEpoch: report.start)
            $0.endTime = report.end.map { Timestamp(secondsSinceEpoch: $0) }
            $0.attackCounters = report.vectors.compactMap { counter($0) }
            $0.attackProperties = report.properties.map { property in
                ShieldAdvanced.AttackProperty {
                    $0.attackLayer = "APPLICATION"
                    $0.attackPropertyIdentifier = property.identifier
                    $0.topContributors = property.contributors.map { contributor in
                        ShieldAdvanced.Contributor {
                            $0.name = contributor.name
                            $0.value = contributor.value
                        }
                    }
                    $0.unit = "REQUESTS"
                    $0.total = property.total
                }
            }
            $0.mitigations = report.mitigations.map { name in ShieldAdvanced.Mitigation { $0.mitigationName = name } }
        }
    }

    /// The application's address that had most of it.
    private var subResources: [ShieldAdvanced.SubResourceSummary] {
        guard let url = report.properties.first(where: { $0.identifier == "DESTINATION_URL" })?.contributors.first
        else {
            return []
        }
        return [
            ShieldAdvanced.SubResourceSummary {
                $0.type = "URL"
                $0.id = url.name
                $0.attackVectors = report.vectors.map { vector in
                    ShieldAdvanced.SummarizedAttackVector {
                        $0.vectorType = vector.rawValue
                        $0.vectorCounters = counter(vector).map { [$0] } ?? []
                    }
                }
                $0.counters = []
            }
        ]
    }

    private func counter(_ vector: AttackVector) -> ShieldAdvanced.SummarizedCounter? {
        guard let counter = report.counters[vector.rawValue] else { return nil }
        let unit = vector.unit == "REQUESTS" ? "RPS" : vector.unit == "PACKETS" ? "PPS" : "CPS"
        return ShieldAdvanced.SummarizedCounter {
            $0.name = "\(vector.rawValue)_\(unit)"
            $0.max = counter.max
            $0.average = counter.average
            $0.sum = counter.sum
            $0.n = counter.minutes
            $0.unit = unit
        }
    }
}
