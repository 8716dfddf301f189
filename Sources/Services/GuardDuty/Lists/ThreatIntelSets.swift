import Directory
import GuardDutyAPI
import Ledger
import Platform
import ThreatDetection
import WAF
import Wire

// Threat intelligence sets: calls from their addresses make findings.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateThreatIntelSet.html>

extension GuardDuty.CreateThreatIntelSet: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNew(call.guardDutyARN(input.detectorId, .threatIntelSet, "*"), input.tags)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [WAF.Network]? {
        try await call.prepareList(
            .threatIntelSet, input.detectorId, input.format, input.location, input.expectedBucketOwner,
            activate: input.activate)
    }

    public static func handle(
        _ input: Input, _ networks: [WAF.Network]?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let list = try records.makeList(
            .threatIntelSet, input.detectorId, name: input.name, format: input.format, location: input.location,
            owner: input.expectedBucketOwner, tags: input.tags, networks, call)
        return Output { $0.threatIntelSetId = list.id }
    }
}

extension GuardDuty.GetThreatIntelSet: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .threatIntelSet, input.threatIntelSetId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let list = try records.addressList(
            input.threatIntelSetId, .threatIntelSet, of: input.detectorId, call, orDeleted: true)
        return Output {
            $0.name = list.name
            $0.format = list.format.rawValue
            $0.location = list.location
            $0.status = list.status.rawValue
            $0.expectedBucketOwner = list.owner
            $0.tags = Dictionary(list.tags.map { ($0.key, $0.value) }) { $1 }
        }
    }
}

extension GuardDuty.ListThreatIntelSets: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let page = try records.page(
            StoredList.self, StoredList.bySort, to: OwnedKind.threatIntelSet.rawValue, try Paging(guardDuty: input))
        return Output {
            $0.threatIntelSetIds = page.items.map(\.id)
            $0.nextToken = page.marker
        }
    }
}

extension GuardDuty.UpdateThreatIntelSet: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .threatIntelSet, input.threatIntelSetId)))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [WAF.Network]? {
        try await call.prepareUpdate(
            .threatIntelSet, input.detectorId, input.threatIntelSetId, input.location, input.expectedBucketOwner,
            activate: input.activate)
    }

    public static func handle(
        _ input: Input, _ networks: [WAF.Network]?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var list = try records.addressList(input.threatIntelSetId, .threatIntelSet, of: input.detectorId, call)
        if let name = input.name { list.name = name }
        if let location = input.location { list.location = location }
        if let owner = input.expectedBucketOwner { list.owner = owner }
        try records.update(&list, networks, activate: input.activate, call)
        return Output()
    }
}

extension GuardDuty.DeleteThreatIntelSet: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .threatIntelSet, input.threatIntelSetId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let list = try records.addressList(input.threatIntelSetId, .threatIntelSet, of: input.detectorId, call)
        try records.end(list, call)
        return Output()
    }
}
