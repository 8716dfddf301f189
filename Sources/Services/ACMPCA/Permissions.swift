import ACMPCAAPI
import Ledger
import Platform
import Policy
import Wire

// What services of AWS may do with an authority in their own name.
// <https://docs.aws.amazon.com/privateca/latest/userguide/create-CA.html#PcaCreateAcmPerms>

extension ACMPCA.CreatePermission: AuthorityChange {
    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try authority.checkHasPermissions()
        let permission = CertificateAuthority.Permission(
            principal: input.principal, sourceAccount: input.sourceAccount ?? authority.accountID,
            actions: input.actions, created: call.time)
        guard permission.principal == "acm.amazonaws.com" else {
            throw .pca(.requestFailedException, "The principal must be acm.amazonaws.com.")
        }
        guard !authority.permissions.contains(where: { $0.id == permission.id }) else {
            throw .pca(
                .permissionAlreadyExistsException, "The designated permission has already been given to the user.")
        }
        authority.permissions.append(permission)
    }
}

extension ACMPCA.DeletePermission: AuthorityChange {
    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try authority.checkHasPermissions()
        let account = input.sourceAccount ?? authority.accountID
        guard
            let index = authority.permissions.firstIndex(where: {
                $0.principal == input.principal && $0.sourceAccount == account
            })
        else {
            throw .pca(.resourceNotFoundException, "Could not find a permission of \(input.principal).")
        }
        authority.permissions.remove(at: index)
    }
}

extension ACMPCA.ListPermissions: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        try authority.checkHasPermissions()
        let page = page(authority.permissions, by: \.id, try Paging(pca: input))
        return Output(
            page.map { permission in
                ACMPCA.Permission {
                    $0.certificateAuthorityArn = authority.arn
                    $0.createdAt = Timestamp(secondsSinceEpoch: permission.created)
                    $0.principal = permission.principal
                    $0.sourceAccount = permission.sourceAccount
                    $0.actions = permission.actions
                    $0.policy = permission.policy(for: authority.arn)
                }
            })
    }
}

extension CertificateAuthority {
    fileprivate func checkHasPermissions() throws(ServiceError) {
        guard state != .deleted else { throw .wrongState(arn, to: "have permissions") }
    }
}

extension CertificateAuthority.Permission {
    /// The permission as a policy of an authority.
    func policy(for arn: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("Version", "2012-10-17")
        writer.key("Statement")
        writer.beginArray()
        writer.json(statement(for: arn))
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    fileprivate func statement(for arn: String) -> Wire.JSONValue {
        func object(_ members: (String, Wire.JSONValue)...) -> Wire.JSONValue {
            .object(members.map { Wire.JSONMember(key: $0.0, value: $0.1) })
        }
        return object(
            ("Effect", .string("Allow")), ("Principal", object(("Service", .string(principal)))),
            ("Action", .array(actions.map { .string("acm-pca:\($0)") })), ("Resource", .string(arn)),
            ("Condition", object(("StringEquals", object(("aws:SourceAccount", .string(sourceAccount)))))))
    }
}

extension CertificateAuthority {
    /// The policy and the permissions in one, as requests are decided by them; nil: there is neither. A policy that can't be
    /// read denies everything.
    var compiledPolicy: CompiledPolicy? {
        guard policy != nil || !permissions.isEmpty else { return nil }
        let source = PolicySource(type: .resource, name: "resource policy")
        var statements = permissions.map { $0.statement(for: arn) }
        var members: [Wire.JSONMember] = []
        if let policy {
            guard let json = try? Wire.JSONValue(parsing: Array(policy.utf8)), case .object(let own) = json else {
                return .denyingEverything(source)
            }
            members = own.filter { $0.key != "Statement" }
            let shared: [Wire.JSONValue] =
                switch json["Statement"] {
                case .array(let several)?: several
                case let one?: [one]
                case nil: []
                }
            statements = shared.flatMap { SharingStatement(json: $0, owner: accountID).effective } + statements
        } else {
            members = [Wire.JSONMember(key: "Version", value: .string("2012-10-17"))]
        }
        var writer = JSONWriter()
        writer.json(.object(members + [Wire.JSONMember(key: "Statement", value: .array(statements))]))
        let text = String(decoding: writer.bytes, as: UTF8.self)
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }
}
