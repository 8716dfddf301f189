import Mapping
import Testing
import Wire

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
    }
}
