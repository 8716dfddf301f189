import Directory
import Ledger
import Platform
import S3ControlAPI
import STSAPI
import Wire

// Credentials for the data of a grant.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-credentials.html>

extension S3Control.GetDataAccess: ComputeOperation, OnAccessGrantsInstance {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let account = input.accountId
        guard let permission = AccessGrant.Permission(rawValue: input.permission) else {
            throw .invalidRequest("The permission must be READ, WRITE or READWRITE.")
        }
        guard let target = AccessGrantScope(input.target, isObject: input.targetType == "Object") else {
            throw .invalidRequest(
                "The target must be an S3 path: s3://BUCKET/PREFIX*, or s3://BUCKET/KEY for one object.")
        }
        guard target.key.utf8.count <= AccessGrantScope.longestKey else {
            throw .invalidRequest("The target is longer than a key can be, \(AccessGrantScope.longestKey) bytes.")
        }
        let caller = call.caller.granteeID
        let found = try await call.environment.read(Scope(account: account, region: call.region)) {
            (records) throws(ServiceError) -> (AccessGrant, AccessGrantsLocation)? in
            _ = try records.accessGrantsInstance()
            guard let caller, let grant = try records.closestGrant(to: target, permission, for: caller) else {
                return nil
            }
            return (grant, try records.accessGrantsLocation(grant.locationID))
        }
        guard let (grant, location) = found else { throw .noGrant(permission.rawValue, input.target) }
        let lent = input.privilege == "Minimal" ? target : grant.scope
        let policy = DataAccessPolicy(scope: lent, permission: permission, account: account, region: call.region)
        let session = try await session(
            of: location.roleARN, policy, input.durationSeconds ?? 3600, account, call)
        return Output {
            $0.credentials = S3Control.Credentials {
                $0.accessKeyId = session.accessKeyId
                $0.secretAccessKey = session.secretAccessKey
                $0.sessionToken = session.sessionToken
                $0.expiration = session.expiration
            }
            $0.matchedGrantTarget = lent.text
            $0.grantee = grant.granteeView
        }
    }

    /// Has STS lend the location's role to S3, with no more than the policy allows.
    /// - Throws: StsNotAuthorizedError, StsValidationError, StsPackedPolicyTooLargeError.
    private static func session(
        of role: String, _ policy: DataAccessPolicy, _ seconds: Int, _ account: String, _ call: Call
    ) async throws(ServiceError) -> STS.Credentials {
        guard let text = policy.text else { throw .packedPolicyTooLarge }
        let instance = AccessGrantsName(account, call.region, .instance).arn
        let request = STS.AssumeRole.Input {
            $0.roleArn = role
            $0.roleSessionName = "access-grants-\(AccessGrantsIDs.make())"
            $0.policy = text
            $0.durationSeconds = seconds
            $0.sourceIdentity = sourceIdentity(of: call.caller)
        }
        do throws(ServiceError) {
            let answer = try await call.services.call(
                STS.AssumeRole.self, request,
                as: .own(
                    AccessGrantsUse.principal, for: instance, in: account,
                    sessionKeys: ["s3:accessgrantsinstancearn": instance]))
            guard let credentials = answer.credentials else { throw ServiceError.internalFailure }
            return credentials
        } catch {
            switch error.code {
            case "AccessDenied": throw .s3("StsNotAuthorizedError", error.message, status: 403)
            case "PackedPolicyTooLarge": throw .packedPolicyTooLarge
            case "ValidationError", "MalformedPolicyDocument", "InvalidParameterValue":
                throw .s3("StsValidationError", error.message)
            default: throw error
            }
        }
    }

    /// What the record shows of whoever uses the credentials: the one who asked for them.
    private static func sourceIdentity(of caller: Caller) -> String {
        let name = caller.session?.sourceIdentity ?? caller.userName
        // It has two letters at least.
        return name.utf8.count >= 2 ? name : caller.uniqueID ?? name
    }
}

extension ServiceError {
    fileprivate static var packedPolicyTooLarge: ServiceError {
        .s3("StsPackedPolicyTooLargeError", "Serialized token too large for session")
    }
}

extension RecordReading {
    /// The grant with the closest scope of those that let somebody have what he asks for; nil: there is none.
    ///
    /// Of several with that scope it is one whose location is the most specific, and which allows no more than was asked for,
    /// if there is one.
    ///
    /// - Complexity: a look-up in an index for each letter of the target's key that the scope doesn't have, however many grants
    ///   there are.
    fileprivate func closestGrant(
        to target: AccessGrantScope, _ permission: AccessGrant.Permission, for granteeID: String
    ) throws(ServiceError) -> AccessGrant? {
        for scope in target.covering {
            let grants = try referrers(
                AccessGrant.self, AccessGrant.Relation.scope, to: AccessGrant.key(of: scope, for: granteeID)
            ).filter { $0.permission.includes(permission) }
            guard !grants.isEmpty else { continue }
            return grants.max { first, second in
                let (one, other) = (first.rank(permission), second.rank(permission))
                // The older one wins.
                return one == other ? first.creationDate > second.creationDate : one < other
            }
        }
        return nil
    }
}

extension AccessGrant {
    /// How well it fits, among grants of one scope: the less it appends to its location, the more specific that is.
    fileprivate func rank(_ asked: Permission) -> Int {
        -2 * (subPrefix?.utf8.count ?? 0) + (permission == asked ? 1 : 0)
    }
}
