import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import S3ControlAPI
import Wire

/// An operation on the S3 Access Grants instance of the account that the request names. `handle` looks for it.
protocol OnAccessGrantsInstance: Operation where InputFields: S3Control.WithAccountId {
    /// Its condition keys, in lower case.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnAccessGrantsInstance {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.need(shape.name, on: AccessGrantsName(try input.account(), call.region, .instance), keys(input)))
    }
}

/// An operation on a registered location. `handle` looks for it.
protocol OnAccessGrantsLocation: Operation
where InputFields: S3Control.WithAccountId, InputFields: S3Control.WithAccessGrantsLocationId {}

extension OnAccessGrantsLocation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(
            try await call.need(
                shape.name, onLocation: input.accessGrantsLocationId, of: try input.account()))
    }
}

/// An operation on a grant. `handle` looks for it.
protocol OnAccessGrant: Operation
where InputFields: S3Control.WithAccountId, InputFields: S3Control.WithAccessGrantId {}

extension OnAccessGrant {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(shape.name, onGrant: input.accessGrantId, of: try input.account()))
    }
}

extension Call {
    /// What a request needs for an action on a part of S3 Access Grants.
    func need(_ action: String, on name: AccessGrantsName, _ keys: [String: ContextValue] = [:]) -> Access {
        var access = Access("s3:\(action)", on: name.arn, resourceAccount: name.account, context: keys)
        access.context["s3:resourceaccount"] = .one(name.account)
        access.wordDenial(to: caller)
        return access
    }

    /// The same for a location, which is looked up for its scope and tags.
    func need(
        _ action: String, onLocation id: String, of account: String, _ keys: [String: ContextValue] = [:]
    ) async throws(ServiceError) -> Access {
        let location = try await environment.read(Scope(account: account, region: region)) {
            (records) throws(ServiceError) in try records.get(AccessGrantsLocation.self, id)
        }
        var access = need(action, on: AccessGrantsName(account, region, .location(id)), keys)
        if let location {
            access.context["s3:accessgrantslocationscope"] = .one(location.scope)
            access.learnt = location
        }
        return access
    }

    /// The same for a grant.
    func need(
        _ action: String, onGrant id: String, of account: String, _ keys: [String: ContextValue] = [:]
    ) async throws(ServiceError) -> Access {
        let grant = try await environment.read(Scope(account: account, region: region)) {
            (records) throws(ServiceError) in try records.get(AccessGrant.self, id)
        }
        var access = need(action, on: AccessGrantsName(account, region, .grant(id)), keys)
        if let grant {
            access.context["s3:accessgrantscope"] = .one(grant.scope.text)
            access.learnt = grant
        }
        return access
    }

    /// The same for an action on the tags of whatever an ARN of S3 Access Grants names.
    func need(
        _ action: String, lookingUp name: AccessGrantsName, _ keys: [String: ContextValue]
    ) async throws(ServiceError) -> Access {
        guard name.region == region else {
            throw .invalidRequest("The resource is in \(name.region), and the request was signed for \(region).")
        }
        var access =
            switch name.thing {
            case .instance: need(action, on: name, keys)
            case .location(let id): try await need(action, onLocation: id, of: name.account, keys)
            case .grant(let id): try await need(action, onGrant: id, of: name.account, keys)
            }
        // What is done with tags has no keys of its own for scopes.
        access.context["s3:accessgrantslocationscope"] = nil
        access.context["s3:accessgrantscope"] = nil
        return access
    }
}

extension RecordReading {
    /// The records of S3 Access Grants of an account, in the Region of the request.
    func ofAccessGrants(of account: String, _ call: Call) -> Self { of(Scope(account: account, region: call.region)) }

    /// The instance as it is in this transaction.
    /// - Throws: AccessGrantsInstanceNotExistsError.
    func accessGrantsInstance() throws(ServiceError) -> AccessGrantsInstance {
        guard let instance = try get(AccessGrantsInstance.self, AccessGrantsInstance.onlyID) else {
            throw .noAccessGrantsInstance
        }
        return instance
    }

    /// - Throws: AccessGrantsInstanceNotExistsError, NoSuchAccessGrantsLocationError.
    func accessGrantsLocation(_ id: String) throws(ServiceError) -> AccessGrantsLocation {
        _ = try accessGrantsInstance()
        guard let location = try get(AccessGrantsLocation.self, id) else { throw .noSuchAccessGrantsLocation }
        return location
    }

    /// - Throws: AccessGrantsInstanceNotExistsError, NoSuchAccessGrantError.
    func accessGrant(_ id: String) throws(ServiceError) -> AccessGrant {
        _ = try accessGrantsInstance()
        guard let grant = try get(AccessGrant.self, id) else { throw .noSuchAccessGrant }
        return grant
    }
}

extension Paging {
    /// What a list request of S3 Access Grants says about pages: up to a thousand.
    init(accessGrants token: String?, _ limit: Int?) throws(ServiceError) {
        let most = 1000
        try self.init(marker: token, maxItems: min(max(limit ?? most, 1), most))
    }
}

enum AccessGrantsIDs {
    /// A new id of a location or a grant.
    static func make() -> String { UUID().uuidString.lowercased() }
}
