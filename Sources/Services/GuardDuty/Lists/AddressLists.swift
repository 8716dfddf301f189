import Directory
import GuardDutyAPI
import Ledger
import Platform
import ThreatDetection
import WAF
import Wire

// What the four kinds of lists have in common.

extension RecordReading {
    /// A list of the caller's detector.
    /// - Throws: BadRequestException.
    func addressList(
        _ id: String, _ kind: OwnedKind, of detector: String, _ call: Call, orDeleted: Bool = false
    ) throws(ServiceError) -> StoredList {
        _ = try self.detector(detector, call)
        guard let list = try get(StoredList.self, id), list.sort == kind.rawValue, list.status != .deleted || orDeleted
        else {
            // Terraform takes this text for one that is gone.
            throw .badRequest(
                "The request is rejected because the input detectorId is not owned by the current account.")
        }
        return list
    }
}

extension Call {
    /// The entries of a list that is to be active at once; nil: it is not.
    func prepareList(
        _ kind: OwnedKind, _ detector: String, _ format: String, _ location: String, _ owner: String?, activate: Bool
    ) async throws(ServiceError) -> [WAF.Network]? {
        guard environment.guardDuty.detector(guardDutyScope)?.id == detector else { throw .notOwned }
        guard let format = ListReader.Format(rawValue: format) else { throw .invalidParameter("format") }
        guard ListLocation(location) != nil else { throw .invalidParameter("location") }
        guard activate else { return nil }
        return try await networks(at: location, format, kind, owner: owner)
    }

    /// The entries of a list that is activated, or read anew from elsewhere; nil: they stay as they are.
    func prepareUpdate(
        _ kind: OwnedKind, _ detector: String, _ id: String, _ location: String?, _ owner: String?, activate: Bool?
    ) async throws(ServiceError) -> [WAF.Network]? {
        guard environment.guardDuty.detector(guardDutyScope)?.id == detector,
            let list = environment.guardDuty.list(id, guardDutyScope), list.sort == kind.rawValue,
            list.status != .deleted
        else { throw .notOwned }
        if let location, ListLocation(location) == nil { throw .invalidParameter("location") }
        let isActive = activate ?? (list.status == .active)
        guard isActive, activate == true || location != nil else { return nil }
        return try await networks(at: location ?? list.location, list.format, kind, owner: owner ?? list.owner)
    }
}

extension MutableRecords {
    func makeList(
        _ kind: OwnedKind, _ detector: String, name: String, format: String, location: String, owner: String?,
        tags: [String: String]?, _ networks: [WAF.Network]?, _ call: Call
    ) throws(ServiceError) -> StoredList {
        _ = try self.detector(detector, call)
        guard call.environment.guardDuty.administrator(of: call.accountID, region: call.region) == nil else {
            throw .badRequest(
                "The request is rejected because the account is a member: only its administrator can have lists.")
        }
        guard let format = ListReader.Format(rawValue: format) else { throw .invalidParameter("format") }
        let others = try referrers(StoredList.self, StoredList.bySort, to: kind.rawValue)
        guard others.count < kind.most else { throw .guardDutyLimit(kind.words, kind.most) }
        guard !others.contains(where: { $0.name == name }) else {
            throw .badRequest("The request is rejected because a list with the given name already exists.")
        }
        var list = StoredList(
            id: GuardDutyName.id([call.requestID, kind.rawValue, name]), accountID: call.accountID,
            region: call.region, detectorID: detector, sort: kind.rawValue, name: name, format: format,
            location: location, owner: owner, status: .inactive, error: nil, created: call.time, updated: call.time,
            content: 0, entries: 0, tags: try TagRules.ofGuardDuty.merge(tags ?? [:], into: []))
        try update(&list, networks, activate: nil, call)
        return list
    }

    /// Deletes a list; for a day it can still be looked at.
    func end(_ list: StoredList, _ call: Call) throws(ServiceError) {
        try forgetParts(of: list.id)
        var list = list
        (list.status, list.entries, list.updated) = (.deleted, 0, call.time)
        try put(list)
    }

    /// Keeps a list as it is now.
    /// - Parameter networks: its entries, where they were read anew.
    func update(
        _ list: inout StoredList, _ networks: [WAF.Network]?, activate: Bool?, _ call: Call
    ) throws(ServiceError) {
        if let networks {
            list.content += 1
            list.entries = networks.count
            list.status = .active
            try put(networks, of: list)
        } else if activate == false {
            list.status = .inactive
            list.entries = 0
            try forgetParts(of: list.id)
        }
        list.updated = call.time
        try put(list)
    }
}
