import Advisories
import Inspector2API
import Platform
import Wire

// What the operator's advisories say of a vulnerability.
// <https://docs.aws.amazon.com/inspector/latest/user/search-vulnerability-database.html>

extension Inspector2.SearchVulnerabilities: ComputeOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        _ = try Paging(inspector: input.nextToken, nil)
        let places = call.environment.inspectedPlaces
        var found: [Inspector2.Vulnerability] = []
        let advice: InspectedPlaces.Advice?
        if let last = places.lastAdvice {
            advice = last
        } else {
            // Nothing has been scanned since the start.
            let read: Result<InspectedPlaces.Advice?, Never> = try await SlowWork.advisories.run { places.advice() }
            advice = read.get()
        }
        for id in input.filterCriteria.vulnerabilityIds {
            let advisories = advice?.index.advisories(named: id) ?? []
            if !advisories.isEmpty { found.append(vulnerability(id, advisories)) }
        }
        return Output(found, next: nil)
    }

    private static func vulnerability(_ id: String, _ advisories: [Advisory]) -> Inspector2.Vulnerability {
        let vectors = advisories.flatMap(\.vectors)
        func vector(_ version: String) -> CVSSVector? { vectors.first { $0.version.hasPrefix(version) } }
        func first<T>(_ value: (Advisory) -> T?) -> T? {
            for advisory in advisories { if let found = value(advisory) { return found } }
            return nil
        }
        let names = Set(advisories.flatMap { [$0.id] + $0.aliases }).subtracting([id])
        return Inspector2.Vulnerability {
            $0.id = id
            $0.cwes = Set(advisories.flatMap(\.weaknesses)).sorted()
            $0.source = "NVD"
            $0.description = first { $0.details ?? $0.summary }
            $0.vendorSeverity = first(\.vendorSeverity)
            $0.cvss4 = vector("4").map { vector in
                Inspector2.Cvss4 {
                    $0.baseScore = vector.baseScore
                    $0.scoringVector = vector.vector
                }
            }
            $0.cvss3 = vector("3").map { vector in
                Inspector2.Cvss3 {
                    $0.baseScore = vector.baseScore
                    $0.scoringVector = vector.vector
                }
            }
            $0.cvss2 = vector("2").map { vector in
                Inspector2.Cvss2 {
                    $0.baseScore = vector.baseScore
                    $0.scoringVector = vector.vector
                }
            }
            $0.relatedVulnerabilities = Array(names.sorted().prefix(100))
            $0.vendorCreatedAt = first(\.published).map { Timestamp(secondsSinceEpoch: $0) }
            $0.vendorUpdatedAt = first(\.modified).map { Timestamp(secondsSinceEpoch: $0) }
            $0.sourceUrl = AdvisorySource.nvd.page(of: id)
            $0.referenceUrls = Array(advisories.flatMap(\.references).prefix(100))
            $0.detectionPlatforms = Set(advisories.map(\.source.rawValue)).sorted()
            $0.epss = first(\.exploitProbability).map { probability in Inspector2.Epss { $0.score = probability } }
        }
    }
}

extension SlowWork {
    /// Reading advisories for whoever asks for them.
    fileprivate static let advisories = SlowWork("gatehouse.advisories")
}
