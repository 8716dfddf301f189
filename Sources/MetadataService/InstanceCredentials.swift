import Directory
import InstanceMetadata
import Platform
import STSAPI
import Synchronization
import Wire

/// The credentials of instances' roles: sessions of STS, which EC2 assumes for an instance in its own name, as the role's trust policy
/// allows it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>
final class InstanceCredentials: Sendable {
    /// The way by which credentials come to the instance: each has its own, since policies can tell them apart.
    enum Delivery: String, Sendable {
        case version1 = "1.0"
        case version2 = "2.0"
        /// Neither of the two versions of the metadata service.
        case container
    }

    private struct Key: Hashable {
        let instance: InstanceName
        let delivery: Delivery
    }

    /// That EC2 may not assume a role as it is.
    private struct Denied {
        let role: Role
        let associationID: String
        let time: Double
    }

    private struct State {
        var sessions: [Key: InstanceSession] = [:]
        var denied: [Key: Denied] = [:]
    }

    private static let service = "ec2.amazonaws.com"
    /// For so many seconds credentials are valid: six hours.
    static let lifetime = 21_600
    /// So many seconds before their end there are new ones. AWS promises five minutes; SDKs ask for new ones up to twenty minutes
    /// before.
    static let overlap = 3600.0
    /// Who was refused is not asked for again for so many seconds, unless the role has changed.
    private static let patience = 30.0
    private static let mostKnown = 10_000

    private let environment: Environment
    private let state = Mutex(State())
    private let issuing = SingleFlight<Key>()

    init(_ environment: Environment) {
        self.environment = environment
    }

    /// The credentials of the role of an instance's profile.
    /// - Throws: InternalFailure when the ledger or STS can't answer.
    func document(
        of facts: InstanceFacts, _ role: Role, by delivery: Delivery
    ) async throws(ServiceError) -> RoleCredentialsDocument {
        guard let association = facts.instance.instanceProfile else { throw .internalFailure }
        let key = Key(instance: facts.name, delivery: delivery)
        if let known = known(key, role, association.id) { return known }
        do throws(ServiceError) {
            try await issuing.run(key) { [self] () async throws(ServiceError) in
                guard known(key, role, association.id) == nil else { return }
                try await renew(key, facts, role, association.id)
            }
        } catch {
            // The old ones are better than none while they last.
            guard let old = state.withLock({ $0.sessions[key] }), isOf(old, role, association.id),
                environment.now() < old.expires
            else { throw error }
            return document(old)
        }
        guard let found = known(key, role, association.id) else { throw .internalFailure }
        return found
    }

    private func known(_ key: Key, _ role: Role, _ association: String) -> RoleCredentialsDocument? {
        let (session, denied) = state.withLock { ($0.sessions[key], $0.denied[key]) }
        if let session, isGood(session, role, association) { return document(session) }
        let now = environment.now()
        if let denied, denied.role.uniqueID == role.uniqueID, denied.role.trustPolicy == role.trustPolicy,
            denied.associationID == association, (0..<Self.patience).contains(now - denied.time)
        {
            return .unauthorized(role: role.name, updated: denied.time)
        }
        return nil
    }

    private func isOf(_ session: InstanceSession, _ role: Role, _ association: String) -> Bool {
        session.roleID == role.uniqueID && session.associationID == association
    }

    /// A token ends before its time when the root key is rotated and all sessions with it.
    private func isGood(_ session: InstanceSession, _ role: Role, _ association: String) -> Bool {
        isOf(session, role, association) && environment.now() < session.expires - Self.overlap
            && environment.sessionTokens.open(session.token) != nil
    }

    private func document(_ session: InstanceSession) -> RoleCredentialsDocument {
        .success(
            accessKeyID: session.accessKeyID, secretAccessKey: session.secretAccessKey, token: session.token,
            expiration: session.expires, updated: session.issued)
    }

    /// Takes what another node, or this one before its start, has made; or has new ones made.
    private func renew(
        _ key: Key, _ facts: InstanceFacts, _ role: Role, _ association: String
    ) async throws(ServiceError) {
        let id = InstanceSession.id(facts.name.id, key.delivery.rawValue)
        let kept = try await environment.read(facts.name.scope) { (records) throws(ServiceError) in
            try records.get(InstanceSession.self, id)
        }
        if let kept, isGood(kept, role, association) { return keep(kept, key) }
        let request = STS.AssumeRole.Input {
            $0.roleArn = role.arn
            $0.roleSessionName = facts.name.id
        }
        let made: PreparedCall<STS.AssumeRole>
        do throws(ServiceError) {
            made = try await environment.services(in: facts.name.region).prepare(
                STS.AssumeRole.self, request, as: identity(facts, key.delivery))
        } catch {
            guard error.code == "AccessDenied" else { throw error }
            let denied = Denied(role: role, associationID: association, time: environment.now())
            return state.withLock { state in
                if state.denied.count >= Self.mostKnown { state.denied.removeAll() }
                state.denied[key] = denied
                state.sessions[key] = nil
            }
        }
        let time = environment.now().rounded(.down)
        let session = try await environment.write(facts.name.scope, requestID: "") {
            [self] (records) throws(ServiceError) -> InstanceSession in
            // Another node may have been first.
            if let kept = try records.get(InstanceSession.self, id), isGood(kept, role, association) { return kept }
            guard let credentials = try made.complete(in: records).credentials else { throw .internalFailure }
            let session = InstanceSession(
                instanceID: facts.name.id, delivery: key.delivery.rawValue, associationID: association,
                roleID: role.uniqueID, accessKeyID: credentials.accessKeyId,
                secretAccessKey: credentials.secretAccessKey, token: credentials.sessionToken, issued: time,
                expires: credentials.expiration.secondsSinceEpoch)
            try records.put(session)
            return session
        }
        keep(session, key)
    }

    private func keep(_ session: InstanceSession, _ key: Key) {
        state.withLock { state in
            if state.sessions.count >= Self.mostKnown { state.sessions.removeAll(keepingCapacity: true) }
            state.sessions[key] = session
            state.denied[key] = nil
        }
    }

    /// In EC2's own name, with what all requests of the session are to tell of the instance.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-ec2instancesourcevpc>
    private func identity(_ facts: InstanceFacts, _ delivery: Delivery) -> ServiceIdentity {
        var keys = [
            "ec2:sourceinstancearn": facts.name.arn, "aws:ec2instancesourcevpc": facts.instance.vpcID,
            "aws:ec2instancesourceprivateipv4": facts.instance.privateIPAddress,
        ]
        if delivery != .container { keys["ec2:roledelivery"] = delivery.rawValue }
        return .own(
            Self.service, for: facts.name.arn, in: facts.name.account, sessionKeys: keys,
            sessionSeconds: Self.lifetime)
    }
}
