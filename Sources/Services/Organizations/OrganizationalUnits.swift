import Directory
import OrganizationsAPI
import Platform
import Wire

// Organizational units. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html>

extension Organizations.OrganizationalUnit {
    init(_ unit: Directory.OrganizationalUnit, in own: OwnOrganization<some RecordReading>) throws(ServiceError) {
        self.init()
        id = unit.id
        arn = own.organization.arn("ou", unit.id)
        name = unit.name
        path = try own.path(unit.id, below: unit.parentID)
    }
}

extension OwnOrganization {
    /// - Throws: DuplicateOrganizationalUnitException when a parent has another unit of that name.
    fileprivate func requireFreeName(
        _ name: String, below parentID: String, for id: String? = nil
    ) throws(ServiceError) {
        let siblings = try records.referrers(OrganizationalUnit.self, Relation.parent, to: parentID)
        guard !siblings.contains(where: { $0.name == name && $0.id != id }) else {
            throw .organizations(
                .duplicateOrganizationalUnitException, "An OU with the same name already exists in the parent.")
        }
    }
}

extension Organizations.CreateOrganizationalUnit: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let create = call.need(target: input.parentId, requestTags(input.tags))
        guard !(input.tags ?? []).isEmpty, let organization = call.directory.organization(ofAccount: call.accountID)
        else { return .required(create) }
        let unit = organization.arn("ou", "ou-\(organization.rootID.dropFirst(2))-*")
        var tag = call.need(on: unit, requestTags(input.tags))
        tag.action = "organizations:TagResource"
        return .required([create, tag])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        try own.requireParent(input.parentId)
        try own.requireFreeName(input.name, below: input.parentId)
        // The root is no level of units.
        guard try own.containers(downTo: input.parentId).count <= OrganizationalUnit.mostLevels else {
            throw .constraintViolation(
                "OU_DEPTH_LIMIT_EXCEEDED", "You attempted to create an OU tree that is too many levels deep.")
        }
        guard try own.records.count(OrganizationalUnit.self) < call.quotas[.organizationalUnits] else {
            throw .constraintViolation(
                "OU_NUMBER_LIMIT_EXCEEDED",
                "You attempted to exceed the number of OUs that you can have in an organization.")
        }
        var unit = OrganizationalUnit(
            id: OrganizationIDs.unit(below: own.organization.rootID), organizationID: own.id,
            parentID: input.parentId, name: input.name)
        unit.tags = try TagRules.ofOrganizations.new(input.tags)
        unit.policyIDs = own.organization.defaultPolicyIDs
        try own.records.put(unit)
        return Output(organizationalUnit: try Organizations.OrganizationalUnit(unit, in: own))
    }
}

extension Organizations.DescribeOrganizationalUnit: ReadOperation, OnUnit {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        return Output(
            organizationalUnit: try Organizations.OrganizationalUnit(
                own.unit(input.organizationalUnitId), in: own))
    }
}

extension Organizations.UpdateOrganizationalUnit: WriteOperation, OnUnit {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        var unit = try own.unit(input.organizationalUnitId)
        if let name = input.name {
            try own.requireFreeName(name, below: unit.parentID, for: unit.id)
            unit.name = name
            try own.records.put(unit)
        }
        return Output(organizationalUnit: try Organizations.OrganizationalUnit(unit, in: own))
    }
}

extension Organizations.DeleteOrganizationalUnit: WriteOperation, OnUnit {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let unit = try own.unit(input.organizationalUnitId)
        guard try own.records.referrerCount(Relation.parent, to: unit.id) == 0 else {
            throw .organizations(
                .organizationalUnitNotEmptyException,
                "The specified OU is not empty: move its accounts away and delete the OUs in it first.")
        }
        try own.records.delete(unit)
        return Output()
    }
}

extension Organizations.ListOrganizationalUnitsForParent: ReadOperation, OnParent {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        try own.requireParent(input.parentId)
        let page = try own.records.page(
            OrganizationalUnit.self, Relation.parent, to: input.parentId,
            Paging(organizations: input))
        return Output(
            try page.map { unit throws(ServiceError) in
                try Organizations.OrganizationalUnit(unit, in: own)
            })
    }
}

// MARK: - Up and down the tree

extension Organizations.ListParents: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.childId))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let unit = try own.records.get(OrganizationalUnit.self, input.childId)
        let account = try own.records.get(OrganizationAccount.self, input.childId)
        guard let parentID = unit?.parentID ?? account?.parentID else {
            throw .organizations(.childNotFoundException, "You specified a child that doesn't exist.")
        }
        var parent = Organizations.Parent()
        parent.id = parentID
        parent.type = parentID == own.organization.rootID ? "ROOT" : "ORGANIZATIONAL_UNIT"
        return Output(parents: [parent], nextToken: nil)
    }
}

extension Organizations.ListChildren: ReadOperation, OnParent {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        try own.requireParent(input.parentId)
        let paging = try Paging(organizations: input)
        var output = Output()
        if input.childType == "ACCOUNT" {
            let page = try own.records.page(OrganizationAccount.self, Relation.parent, to: input.parentId, paging)
            output.children = page.items.map { child($0.id, input) }
            output.nextToken = page.marker
        } else {
            let page = try own.records.page(OrganizationalUnit.self, Relation.parent, to: input.parentId, paging)
            output.children = page.items.map { child($0.id, input) }
            output.nextToken = page.marker
        }
        return output
    }

    private static func child(_ id: String, _ input: Input) -> Organizations.Child {
        var child = Organizations.Child()
        child.id = id
        child.type = input.childType
        return child
    }
}
