import Policy

// The cases as the engine takes them.

extension RefCase {
    func question() -> (AuthorizationRequest, DictionaryContext) {
        let kind: Principal.Kind =
            switch caller.kind {
            case .root: .root
            case .user: .user
            case .session: .roleSession
            case .federated: .federatedUser
            case .service: .service
            case .anonymous: .anonymous
            }
        let principal = Principal(
            kind: kind, arn: caller.arn, accountID: caller.account, roleARN: caller.role,
            parentUserARN: caller.parent, uniqueID: caller.id, service: caller.service,
            isServiceLinkedRole: caller.isServiceLinked)
        let request = AuthorizationRequest(
            principal: principal, action: action, resource: resource, resourceAccount: resourceAccount)
        var values: [String: ContextValue] = [:]
        for (key, found) in context {
            values[key] = lists.contains(key) ? .many(found) : .one(found.first ?? "")
        }
        return (request, DictionaryContext(values))
    }

    func inputs() throws -> PolicyInputs {
        var inputs = PolicyInputs(
            identity: try identity.map { try $0.compiled() }, resource: try resourcePolicy?.compiled(),
            roleTrust: try trust?.compiled(), boundaries: try boundaries?.map { try $0.compiled() },
            session: try sessions?.map { try $0.compiled() },
            serviceControl: try scps?.map { try $0.map { try $0.compiled() } },
            resourceControl: try rcps?.map { try $0.map { try $0.compiled() } },
            endpoint: try endpoints?.map { try $0.compiled() },
            grants: grants.map { grant in
                KeyGrant(
                    grantee: grant.grantee, operations: grant.operations,
                    constraints: KeyGrant.Constraints(
                        encryptionContextEquals: grant.equals, encryptionContextSubset: grant.subset,
                        sourceARN: grant.source))
            },
            restrictsPublicBuckets: blocksPublicAccess)
        inputs.accessControlList = try list?.compiled()
        inputs.resourceOnlyDenies = isOfAnother
        inputs.requiredPolicy = isOfGuardedType ? .resource : nil
        inputs.ignoresResourceSide = ignoresResourceSide
        return inputs
    }
}

extension RefPolicy {
    private var type: PolicyType {
        switch kind {
        case .identity: .identity
        case .resource: .resource
        case .boundary: .permissionsBoundary
        case .session: .session
        case .scp: .serviceControl
        case .rcp: .resourceControl
        case .endpoint: .endpoint
        case .trust: .roleTrust
        }
    }

    func compiled() throws -> CompiledPolicy {
        CompiledPolicy(try PolicyDocument(parsing: json, as: type), source: PolicySource(type: type, name: json))
    }

    private var json: String {
        let body = statements.map(\.json).joined(separator: ",")
        return "{\(isNew ? "\"Version\":\"2012-10-17\"," : "")\"Statement\":[\(body)]}"
    }
}

extension RefStatement {
    fileprivate var json: String {
        var members = ["\"Effect\":\"\(allows ? "Allow" : "Deny")\""]
        if let principals {
            var byType: [String: [String]] = [:]
            for (type, value) in principals { byType[type, default: []].append(value) }
            let value =
                byType["*"] != nil
                ? "\"*\"" : "{\(byType.map { "\(quoted($0.key)):\(list($0.value))" }.sorted().joined(separator: ","))}"
            members.append("\"\(notPrincipal ? "NotPrincipal" : "Principal")\":\(value)")
        }
        members.append("\"\(notAction ? "NotAction" : "Action")\":\(list(actions))")
        if let resources { members.append("\"\(notResource ? "NotResource" : "Resource")\":\(list(resources))") }
        if !conditions.isEmpty {
            var blocks: [String: [String]] = [:]
            for condition in conditions {
                blocks[condition.op, default: []].append("\(quoted(condition.key)):\(list(condition.values))")
            }
            let text = blocks.map { "\(quoted($0.key)):{\($0.value.joined(separator: ","))}" }.sorted()
            members.append("\"Condition\":{\(text.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private func list(_ values: [String]) -> String {
        values.count == 1 ? quoted(values[0]) : "[\(values.map(quoted).joined(separator: ","))]"
    }

    private func quoted(_ text: String) -> String { "\"\(text)\"" }
}
