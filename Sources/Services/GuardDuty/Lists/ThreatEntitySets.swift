import Directory
import GuardDutyAPI
import Ledger
import Platform
import ThreatDetection
import WAF
import Wire

// Threat entity sets: calls from their addresses make findings. Domains in them are kept by nobody, since no names are looked up here.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateThreatEntitySet.html>

extension GuardDuty.CreateThreatEntitySet: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNew(call.guardDutyARN(input.detectorId, .threatEntitySet, "*"), input.tags)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [WAF.Network]? {
        try await call.prepareList(
            .threatEntitySet, input.detectorId, input.format, input.location, input.expectedBucketOwner,
            activate: input.activate)
    }

    public static func handle(
        _ input: Input, _ networks: [WAF.Network]?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let list = try records.makeList(
            .threatEntitySet, input.detectorId, name: input.name, format: input.format, location: input.location,
            owner: input.expectedBucketOwner, tags: input.tags, networks, call)
        return Output { $0.threatEntitySetId = list.id }
    }
}

extension GuardDuty.GetThreatEntitySet: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .threatEntitySet, input.threatEntitySetId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let list = try records.addressList(
            input.threatEntitySetId, .threatEntitySet, of: input.detectorId, call, orDeleted: true)
        return Output {
            $0.name = list.name
            $0.format = list.format.rawValue
            $0.location = list.location
            $0.status = list.status.rawValue
            $0.expectedBucketOwner = list.owner
            $0.tags = Dictionary(list.tags.map { ($0.key, $0.value) }) { $1 }
            $0.createdAt = Timestamp(secondsSinceEpoch: list.created)
            $0.updatedAt = Timestamp(secondsSinceEpoch: list.updated)
            $0.errorDetails = list.error
        }
    }
}

extension GuardDuty.ListThreatEntitySets: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let page = try records.page(
            StoredList.self, StoredList.bySort, to: OwnedKind.threatEntitySet.rawValue, try Paging(guardDuty: input))
        return Output {
            $0.threatEntitySetIds = page.items.map(\.id)
            $0.nextToken = page.marker
        }
    }
}

extension GuardDuty.UpdateThreatEntitySet: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .threatEntitySet, input.threatEntitySetId)))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [WAF.Network]? {
        try await call.prepareUpdate(
            .threatEntitySet, input.detectorId, input.threatEntitySetId, input.location, input.expectedBucketOwner,
            activate: input.activate)
    }

    public static func handle(
        _ input: Input, _ networks: [WAF.Network]?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var list = try records.addressList(input.threatEntitySetId, .threatEntitySet, of: input.detectorId, call)
        if let name = input.name { list.name = name }
        if let location = input.location { list.location = location }
        if let owner = input.expectedBucketOwner { list.owner = owner }
        try records.update(&list, networks, activate: input.activate, call)
        return Output()
    }
}

extension GuardDuty.DeleteThreatEntitySet: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .threatEntitySet, input.threatEntitySetId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let list = try records.addressList(input.threatEntitySetId, .threatEntitySet, of: input.detectorId, call)
        try records.end(list, call)
        return Output()
    }
}
