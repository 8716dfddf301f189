import CloudTrailAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// An operation on the one trail that it names.
protocol OnTrail: Operation {
    static func name(_ input: Input) -> String
}

extension OnTrail where InputFields: CloudTrail.WithName {
    static func name(_ input: Input) -> String { input.name }
}

extension OnTrail where InputFields: CloudTrail.WithTrailName {
    static func name(_ input: Input) -> String { input.trailName }
}

extension OnTrail {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.need(on: TrailName(name(input), call)))
    }
}

/// An answer about a trail.
protocol TrailRead: ReadOperation, OnTrail {
    static func answer(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output
}

extension TrailRead {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let trail = try call.seen(TrailName(name(input), call))
        return try answer(trail, input, call, records.of(trail.scope))
    }
}

/// A change of a trail, which only its home Region can make, and only whoever administers it.
protocol TrailChange: WriteOperation, OnTrail {
    /// - Parameter records: of the trail's own scope.
    static func change(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output
}

extension TrailChange {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = try call.administered(TrailName(name(input), call))
        guard let trail = try records.of(name.scope).get(Trail.self, name.name) else { throw .unknownTrail(name, call) }
        return try change(trail, input, call, records.of(name.scope))
    }
}

extension Call {
    /// What a request needs for its own action on a trail.
    func need(on name: TrailName, _ keys: [String: ContextValue] = [:]) -> Access {
        // An organization's trail is everybody's in it, as far as permissions go; and nobody learns of others' trails.
        Access("cloudtrail:\(operation)", on: name.arn, resourceAccount: accountID, context: keys)
    }

    /// A trail that the caller's account sees: its own, and its organization's; by its name in the Region of the request,
    /// by its ARN in any where it is.
    /// - Throws: TrailNotFoundException.
    func seen(_ name: TrailName) throws(ServiceError) -> Trail {
        var found: Trail?
        if let trail = environment.trails.trail(name.name, in: organizational(name).scope), isSeen(trail) {
            found = trail
        }
        guard let found, name.isARN || found.homeRegion == region, found.isMultiRegion || found.homeRegion == region
        else { throw .unknownTrail(name, self) }
        return found
    }

    /// Whether the caller's account sees a trail.
    func isSeen(_ trail: Trail) -> Bool {
        trail.accountID == accountID
            || trail.organizationID != nil
                && directory.organization(ofAccount: accountID)?.id == trail.organizationID
    }

    /// The place of a trail that the caller is to change.
    /// - Throws: InvalidHomeRegionException, TrailNotFoundException; NotOrganizationMasterAccountException for a member of
    ///   the organization whose trail it is.
    func administered(_ name: TrailName) throws(ServiceError) -> TrailName {
        let name = organizational(name)
        let trail = environment.trails.trail(name.name, in: name.scope)
        guard name.account == accountID || trail.map(isSeen) == true else { throw .unknownTrail(name, self) }
        guard name.account == accountID || isTrailAdministrator else { throw .notManagementAccount }
        guard name.region == region else {
            throw CloudTrail.Failure.invalidHomeRegionException(
                "Trail \(name.arn) can only be changed from its home Region, \(name.region).")
        }
        return name
    }

    /// Where a trail is that a delegated administrator names: the organization's lie in the management account.
    private func organizational(_ name: TrailName) -> TrailName {
        guard !name.isARN, environment.trails.trail(name.name, in: name.scope) == nil,
            let management = directory.organization(ofAccount: accountID)?.managementAccountID
        else { return name }
        let other = TrailName(name: name.name, account: management, region: name.region)
        guard environment.trails.trail(name.name, in: other.scope)?.organizationID != nil else { return name }
        return other
    }
}
