import Directory
import Ledger
import Platform
import Wire

/// What is recorded of an account, in one state of the ledger.
struct RecordedPosture: PostureSource {
    private let environment: Environment
    private let account: String
    private let records: Records

    init(_ environment: Environment, _ account: String, _ records: Records) {
        self.environment = environment
        self.account = account
        self.records = records
    }

    func items(_ name: String, in region: String) throws(ServiceError) -> [ConfigurationItem] {
        guard let type = environment.auditedResourceType(name) else { return [] }
        var found: [ConfigurationItem] = []
        var after: String?
        repeat {
            let page = try type.list(account, region, after, 256, records)
            for resource in page.resources {
                if let item = try environment.auditedItem(of: resource, records) { found.append(item) }
            }
            after = page.next
        } while after != nil
        return found
    }

    func knows(_ type: String) -> Bool { environment.auditedResourceType(type) != nil }
}
