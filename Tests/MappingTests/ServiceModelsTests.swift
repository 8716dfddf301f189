import BundledData
import Testing
import Wire

@testable import Mapping

/// The models of all services, as they ship.
struct ServiceModelsTests {
    private let models = ServiceModels.aws

    @Test("Every model can be read, and has as many operations as the index says")
    func everyModel() {
        var operations = 0
        for entry in models.entries {
            guard let service = models.service(entry.id) else {
                Issue.record("\(entry.id) can't be read")
                continue
            }
            #expect(service.operationNames.count == entry.operationCount, "\(entry.id)")
            #expect(service.id == entry.id)
            #expect(service.signingName == entry.signingName, "\(entry.id)")
            #expect(service.serviceID == entry.serviceID, "\(entry.id)")
            #expect(!entry.protocols.isEmpty, "\(entry.id)")
            operations += service.operationNames.count
        }
        // What botocore 1.43.11 has.
        #expect(models.entries.count == 424)
        #expect(operations == 18_378)
        // Which ones stay depends on what other tests ask for meanwhile.
        #expect(models.keptCount < models.entries.count / 2)
    }

    private func models(mostText: Int) -> ServiceModels {
        ServiceModels(
            UnsafeRawBufferPointer(start: gatehouse_service_schemas(), count: gatehouse_service_schemas_length()),
            mostText: mostText)
    }

    @Test("Those that were used last are kept, as many as the bound allows")
    func bound() throws {
        let models = models(mostText: 300_000)
        let first = try #require(models.service("sqs"))
        #expect(models.service("sqs") === first)
        for entry in models.entries.prefix(60) { _ = models.service(entry.id) }
        #expect(models.keptCount > 1 && models.keptCount < 60)
        // It is read again, and the same for all who ask from now on.
        let second = try #require(models.service("sqs"))
        #expect(second !== first && second.operationNames == first.operationNames)
        #expect(models.service("sqs") === second)
        // One that is longer than the bound is there all the same, alone.
        let ec2 = try #require(models.service("ec2"))
        #expect(models.service("ec2") === ec2 && models.keptCount == 1)
    }

    @Test("Many threads get each service's own model while others are dropped")
    func threads() async {
        let models = models(mostText: 200_000)
        let ids = models.entries.prefix(40).map(\.id)
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    (0..<50).allSatisfy { turn in
                        let id = ids[(worker * 31 + turn * 7) % ids.count]
                        return models.service(id)?.id == id
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("What is used is not dropped before what is not")
    func recentlyUsed() {
        var kept = RecentlyUsed<Int>(mostCost: 10)
        for number in 1...3 { kept.insert(number, "\(number)", cost: 3) }
        #expect(kept.value("1") == 1)
        kept.insert(4, "4", cost: 3)
        #expect(kept.value("2") == nil && kept.value("1") == 1 && kept.value("3") == 3 && kept.value("4") == 4)
        #expect(kept.cost == 9)
        kept.insert(5, "1", cost: 1)
        #expect(kept.value("1") == 5 && kept.cost == 7)
        kept.setCost(9, of: "4")
        #expect(kept.value("4") == 4 && kept.count == 2 && kept.cost == 10)
        kept.insert(6, "6", cost: 99)
        #expect(kept.value("6") == 6 && kept.count == 1)
    }
}
