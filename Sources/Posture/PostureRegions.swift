import Directory
import Ledger
public import Platform
public import Wire

extension Environment {
    /// The Regions in which an account has anything; the one that this Gatehouse is in where it has nothing anywhere. Sorted.
    /// - Throws: InternalFailure for a record that can't be read.
    public func regionsInUse(by account: String, at time: Double) async throws(ServiceError) -> [String] {
        let names = configuredResources.keys.sorted() + auditedTypeNames.filter { !AuditedType.isQuotaUse($0) }
        let types = names.compactMap { auditedResourceType($0) }.filter { !$0.isGlobal }
        var used: [String] = []
        for region in openRegions(to: account, at: time) {
            let isUsed = try await read(Scope(account: account)) { (records) throws(ServiceError) -> Bool in
                for type in types {
                    for resource in try type.list(account, region, nil, 8, records).resources
                    where resource.region == region {
                        if try self.auditedItem(of: resource, records) != nil { return true }
                    }
                }
                return false
            }
            if isUsed { used.append(region) }
        }
        return used.isEmpty ? [region] : used
    }
}
