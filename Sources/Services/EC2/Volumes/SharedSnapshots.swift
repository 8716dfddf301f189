import EC2API
import Ledger
import Platform
import Policy
import Wire

// Which snapshots one sees, and who else may use them.
// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>

extension EC2.DescribeSnapshots: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let index = call.environment.projection(EC2Index.self)
        var found: [StoredSnapshot] = []
        if let ids = input.snapshotIds, !ids.isEmpty {
            guard input.pageLimit == nil else {
                throw .invalidCombination("The parameter snapshotIds cannot be used with the parameter maxResults")
            }
            for id in ids {
                guard let snapshot = call.usableSnapshot(id) else { throw StoredSnapshot.missing(id) }
                if !found.contains(where: { $0.id == id }) { found.append(snapshot) }
            }
        } else {
            found = index.estates.filter { $0.key.region == call.region }.values
                .flatMap { $0.all(StoredSnapshot.self) }.filter { call.usableSnapshot($0.id) != nil }
                .sorted { $0.id < $1.id }
        }
        if let owners = input.ownerIds, !owners.isEmpty {
            let wanted = Set(owners.map { $0 == "self" ? call.accountID : $0 })
            found = found.filter { wanted.contains($0.head.accountID) }
        }
        if let users = input.restorableByUserIds, !users.isEmpty {
            found = found.filter { snapshot in
                users.contains { user in
                    switch user {
                    case "all": snapshot.isPublic
                    case "self": snapshot.isFor(call.accountID)
                    default: snapshot.users.contains(user) || snapshot.head.accountID == user
                    }
                }
            }
        }
        let passed = try StoredSnapshot.filters.apply(input.filters, to: found, call.estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(
            page.items.map { EC2.Snapshot($0, isOwn: $0.head.accountID == call.accountID) }, next: page.marker)
    }
}

extension EC2.DescribeSnapshotAttribute: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.access(to: StoredSnapshot.self, input.snapshotId))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let snapshot = call.estate.get(StoredSnapshot.self, input.snapshotId) else {
            throw StoredSnapshot.missing(input.snapshotId)
        }
        return Output {
            $0.snapshotId = snapshot.id
            guard input.attribute == "createVolumePermission" else {
                $0.productCodes = []
                return
            }
            let everybody = snapshot.isPublic ? [EC2.CreateVolumePermission { $0.group = "all" }] : []
            $0.createVolumePermissions =
                everybody
                + snapshot.users.sorted().map { user in EC2.CreateVolumePermission { $0.userId = user } }
        }
    }
}

/// Who is to be allowed to use an image or a snapshot, and who no longer.
struct SharingChange: Sendable {
    var added: Set<String> = []
    var removed: Set<String> = []
    /// nil: as it was.
    var isPublic: Bool?

    /// - Throws: InvalidUserID.Malformed, InvalidParameterValue.
    mutating func note(users: [String], groups: [String], isAdded: Bool) throws(ServiceError) {
        for user in users {
            guard user.utf8.count == 12, user.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .ec2("InvalidUserID.Malformed", "Invalid user id: \"\(user)\"")
            }
            if isAdded { added.insert(user) } else { removed.insert(user) }
        }
        for group in groups {
            guard group == "all" else {
                throw .ec2("InvalidGroup.NotFound", "Invalid group: \"\(group)\"")
            }
            isPublic = isAdded
        }
    }

    /// Who may use it after the change.
    func applied(to users: Set<String>, _ everybody: Bool) -> (users: Set<String>, isPublic: Bool) {
        (users.union(added).subtracting(removed), isPublic ?? everybody)
    }
}

extension EC2.ModifySnapshotAttribute: WriteOperation {
    private static func change(_ input: Input) throws(ServiceError) -> SharingChange {
        var change = SharingChange()
        if let asked = input.createVolumePermission {
            for permission in asked.add ?? [] {
                try change.note(
                    users: permission.userId.map { [$0] } ?? [], groups: permission.group.map { [$0] } ?? [],
                    isAdded: true)
            }
            for permission in asked.remove ?? [] {
                try change.note(
                    users: permission.userId.map { [$0] } ?? [], groups: permission.group.map { [$0] } ?? [],
                    isAdded: false)
            }
        }
        if input.userIds != nil || input.groupNames != nil {
            guard let type = input.operationType else { throw .missingParameter("operationType") }
            try change.note(users: input.userIds ?? [], groups: input.groupNames ?? [], isAdded: type == "add")
        }
        return change
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let change = try change(input)
        var access = call.access(to: StoredSnapshot.self, input.snapshotId)
        if !change.added.isEmpty { access.context["ec2:add/userid"] = .many(change.added.sorted()) }
        if !change.removed.isEmpty { access.context["ec2:remove/userid"] = .many(change.removed.sorted()) }
        if let isPublic = change.isPublic {
            access.context[isPublic ? "ec2:add/group" : "ec2:remove/group"] = .one("all")
        }
        access.context["ec2:attribute"] = .one("CreateVolumePermission")
        return .required(access)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.attribute != "productCodes" else {
            throw .ec2("UnsupportedOperation", "Gatehouse's snapshots have no product codes.")
        }
        var snapshot = try records.existing(StoredSnapshot.self, input.snapshotId)
        let change = try change(input)
        if change.isPublic == true {
            guard snapshot.encryption == nil else {
                throw .ec2("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly.")
            }
            guard try records.settings().snapshotSharing == "unblocked" else {
                throw .ec2(
                    "OperationNotPermitted",
                    "Public access to snapshots is blocked in this account and Region by the block public access settings."
                )
            }
        }
        if !change.added.isEmpty, snapshot.encryption?.isManaged == true {
            throw .ec2("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared.")
        }
        (snapshot.users, snapshot.isPublic) = change.applied(to: snapshot.users, snapshot.isPublic)
        try records.put(snapshot)
        return Output()
    }
}

extension EC2.ResetSnapshotAttribute: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.access(to: StoredSnapshot.self, input.snapshotId))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.attribute == "createVolumePermission" else {
            throw .invalidValue(input.attribute, of: "attribute")
        }
        var snapshot = try records.existing(StoredSnapshot.self, input.snapshotId)
        (snapshot.users, snapshot.isPublic) = ([], false)
        try records.put(snapshot)
        return Output()
    }
}
