import Directory
import EC2API
import Ledger
import Platform
import Policy
import VPC
import Wire

extension StoredPrefixList: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidPrefixListID.NotFound", "The prefix list ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredPrefixList>([
        "prefix-list-id": { list, _ in [list.id] }, "prefix-list-name": { list, _ in [list.name] },
    ])

    /// A list of AWS's, as if it were one of the account's.
    init(_ list: AWSPrefixLists.List, in region: String) {
        self.init(
            head: EC2Head(id: list.id, accountID: "AWS", region: region, created: 0), name: list.name,
            addressFamily: "IPv4", maxEntries: list.blocks.count,
            entries: list.blocks.map { Entry(block: $0, summary: nil) })
    }

    var isAWS: Bool { head.accountID == "AWS" }

    var shown: EC2.ManagedPrefixList {
        EC2.ManagedPrefixList {
            $0.prefixListId = id
            $0.prefixListArn = isAWS ? ARN.text("ec2", head.region, "aws", "prefix-list/", id) : arn
            $0.prefixListName = name
            $0.addressFamily = addressFamily
            $0.ownerId = head.accountID
            $0.tags = head.tags.shown
            if !isAWS {
                $0.state = versions.count > 1 ? "modify-complete" : "create-complete"
                $0.maxEntries = maxEntries
                $0.version = versions.count
            } else {
                $0.state = "create-complete"
            }
        }
    }
}

extension EC2Estate {
    /// The account's lists and AWS's.
    func prefixLists(in region: String) -> [StoredPrefixList] {
        all(StoredPrefixList.self) + AWSPrefixLists.all(in: region).map { StoredPrefixList($0, in: region) }
    }

    /// - Throws: InvalidPrefixListID.NotFound.
    func prefixList(_ id: String, in region: String) throws(ServiceError) -> StoredPrefixList {
        guard let list = prefixLists(in: region).first(where: { $0.id == id }) else {
            throw StoredPrefixList.missing(id)
        }
        return list
    }
}

/// What entries of a prefix list can be.
private enum PrefixEntries {
    static let most = 1000

    /// Entries with some added, and some taken away.
    /// - Throws: InvalidParameterValue; PrefixListMaxEntriesExceeded.
    static func change(
        _ entries: [StoredPrefixList.Entry], add: [EC2.AddPrefixListEntry], remove: [String], family: String,
        maxEntries: Int
    ) throws(ServiceError) -> [StoredPrefixList.Entry] {
        var result = entries
        for text in remove {
            guard let index = result.firstIndex(where: { $0.block == text }) else {
                throw .invalidValue("The CIDR '\(text)' does not exist in the prefix list")
            }
            result.remove(at: index)
        }
        for entry in add {
            guard let block = CIDRBlock(entry.cidr), block.isVersion6 == (family == "IPv6") else {
                throw .invalidValue("The CIDR '\(entry.cidr)' is not a valid \(family) CIDR block")
            }
            if let summary = entry.description, summary.unicodeScalars.count > 255 {
                throw .invalidValue("The description of an entry can have up to 255 characters")
            }
            // One that is there takes the new description.
            let new = StoredPrefixList.Entry(block: block.description, summary: entry.description)
            if let index = result.firstIndex(where: { $0.block == new.block }) {
                result[index] = new
            } else {
                result.append(new)
            }
        }
        guard result.count <= maxEntries else {
            throw .ec2(
                "PrefixListMaxEntriesExceeded",
                "You've reached the maximum number of entries for the prefix list (\(maxEntries)).")
        }
        return result
    }
}

extension EC2.CreateManagedPrefixList: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.creation(of: StoredPrefixList.self, input.tagSpecifications))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let list = try call.made(StoredPrefixList.self, by: input) { return Output { $0.prefixList = list.shown } }
        let name = input.prefixListName
        guard !name.isEmpty, name.unicodeScalars.count <= 255, !name.hasPrefix("com.amazonaws") else {
            throw .invalidValue(name, of: "prefixListName", "The name can't begin with com.amazonaws.")
        }
        guard ["IPv4", "IPv6"].contains(input.addressFamily) else {
            throw .invalidValue(input.addressFamily, of: "addressFamily")
        }
        guard (1...PrefixEntries.most).contains(input.maxEntries) else {
            throw .invalidValue("\(input.maxEntries)", of: "maxEntries")
        }
        guard try records.count(StoredPrefixList.self) < call.quotas[EC2Quotas.prefixLists] else {
            throw .ec2("PrefixListLimitExceeded", "The maximum number of prefix lists has been reached.")
        }
        let entries = try PrefixEntries.change(
            [], add: input.entries ?? [], remove: [], family: input.addressFamily, maxEntries: input.maxEntries)
        let tags = try TagSpecifications.tags(of: StoredPrefixList.arnType, input.tagSpecifications)
        let list = StoredPrefixList(
            head: call.head(of: StoredPrefixList.self, tags: tags, for: input), name: name,
            addressFamily: input.addressFamily,
            maxEntries: input.maxEntries, entries: entries)
        try records.put(list)
        return Output { $0.prefixList = list.shown }
    }
}

extension EC2.DescribeManagedPrefixLists: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var found = estate.prefixLists(in: call.region)
        if let ids = input.prefixListIds, !ids.isEmpty {
            found = []
            for id in ids { found.append(try estate.prefixList(id, in: call.region)) }
        }
        let passed = try StoredPrefixList.filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit, least: 1)
        return Output(page) { $0.shown }
    }
}

extension EC2.DescribePrefixLists: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var found = AWSPrefixLists.all(in: call.region).map { StoredPrefixList($0, in: call.region) }
        if let ids = input.prefixListIds, !ids.isEmpty {
            for id in ids where !found.contains(where: { $0.id == id }) { throw StoredPrefixList.missing(id) }
            found = found.filter { ids.contains($0.id) }
        }
        let passed = try StoredPrefixList.filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit, least: 1)
        return Output(page) { list in
            EC2.PrefixList {
                $0.prefixListId = list.id
                $0.prefixListName = list.name
                $0.cidrs = list.entries.map(\.block)
            }
        }
    }
}

/// An operation on the list that `PrefixListId` names.
protocol OnPrefixList: OnOne where InputFields: EC2.WithPrefixListId, Named == StoredPrefixList {}

extension OnPrefixList {
    static func name(_ input: Input) -> String { input.prefixListId }
}

extension EC2.GetManagedPrefixListEntries: ComputeOperation, OnPrefixList {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let list = try call.estate.prefixList(input.prefixListId, in: call.region)
        var entries = list.entries
        if let version = input.targetVersion {
            guard list.versions.indices.contains(version - 1) else {
                throw .ec2(
                    "PrefixListVersionNotFound",
                    "The prefix list '\(list.id)' has no version \(version)")
            }
            entries = list.versions[version - 1]
        }
        let page = try Listing.page(entries, by: \.block, input.pageToken, input.pageLimit, least: 1)
        return Output(page) { entry in
            EC2.PrefixListEntry {
                $0.cidr = entry.block
                $0.description = entry.summary ?? ""
            }
        }
    }
}

extension EC2.GetManagedPrefixListAssociations: ComputeOperation, OnPrefixList {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let id = try estate.prefixList(input.prefixListId, in: call.region).id
        let users =
            estate.all(StoredSecurityGroup.self).filter { $0.rules.contains { $0.prefixListID == id } }.map(\.id)
            + estate.all(StoredRouteTable.self).filter { $0.routes.contains { $0.destination == id } }.map(\.id)
        let page = try Listing.page(users, by: { $0 }, input.pageToken, input.pageLimit)
        return Output(page) { user in
            EC2.PrefixListAssociation {
                $0.resourceId = user
                $0.resourceOwner = call.accountID
            }
        }
    }
}

extension RecordReading {
    /// A list that the account may change.
    fileprivate func ownList(_ id: String, _ region: String) throws(ServiceError) -> StoredPrefixList {
        guard AWSPrefixLists.all(in: region).allSatisfy({ $0.id != id }) else {
            throw .forbidden("The prefix list '\(id)' is managed by AWS and can't be changed.")
        }
        return try existing(StoredPrefixList.self, id)
    }
}

extension EC2.ModifyManagedPrefixList: WriteOperation, OnPrefixList {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var list = try records.ownList(input.prefixListId, call.region)
        let (add, remove) = (input.addEntries ?? [], input.removeEntries ?? [])
        let isChange = !add.isEmpty || !remove.isEmpty
        guard !isChange || input.currentVersion != nil else { throw .missingParameter("CurrentVersion") }
        if let version = input.currentVersion, version != list.versions.count {
            throw .ec2(
                "PrefixListVersionMismatch",
                "The prefix list has the incorrect version number. Current version is \(list.versions.count).")
        }
        guard !isChange || input.maxEntries == nil else {
            throw .invalidCombination("The size of a prefix list and its entries can't be changed at the same time")
        }
        if let name = input.prefixListName {
            guard !name.isEmpty, !name.hasPrefix("com.amazonaws") else {
                throw .invalidValue(name, of: "prefixListName")
            }
            list.name = name
        }
        if let most = input.maxEntries {
            guard (max(1, list.entries.count)...PrefixEntries.most).contains(most) else {
                throw .invalidValue("\(most)", of: "maxEntries")
            }
            list.maxEntries = most
        }
        if isChange {
            let entries = try PrefixEntries.change(
                list.entries, add: add, remove: remove.map { CIDRBlock($0.cidr)?.description ?? $0.cidr },
                family: list.addressFamily, maxEntries: list.maxEntries)
            if entries != list.entries { list.versions.append(entries) }
        }
        try records.put(list)
        return Output { $0.prefixList = list.shown }
    }
}

extension EC2.RestoreManagedPrefixListVersion: WriteOperation, OnPrefixList {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var list = try records.ownList(input.prefixListId, call.region)
        guard input.currentVersion == list.versions.count else {
            throw .ec2(
                "PrefixListVersionMismatch",
                "The prefix list has the incorrect version number. Current version is \(list.versions.count).")
        }
        guard list.versions.indices.contains(input.previousVersion - 1) else {
            throw .ec2(
                "PrefixListVersionNotFound",
                "The prefix list '\(list.id)' has no version \(input.previousVersion)")
        }
        list.versions.append(list.versions[input.previousVersion - 1])
        try records.put(list)
        return Output { $0.prefixList = list.shown }
    }
}

extension EC2.DeleteManagedPrefixList: WriteOperation, OnPrefixList {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let list = try records.ownList(input.prefixListId, call.region)
        let isRouted = try records.list(StoredRouteTable.self).contains { table in
            table.routes.contains { $0.destination == list.id }
        }
        guard !isRouted, try !records.isNeeded("rule", list.id) else {
            throw .dependency("prefix list", list.id)
        }
        try records.delete(list)
        return Output { $0.prefixList = list.shown }
    }
}
