import Directory
import Wire

// AWS Lambda: permissions are added and removed one by one, to a function, or to a version or alias of it.
// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

extension KeptLesson {
    static let functions: [KeptLesson] =
        new("lambda", "CreateFunction", tags: "Tags") + [
            KeptLesson(service: "lambda", operation: "DeleteFunction") { call in
                guard let arn = call.qualified else { return [] }
                return [.forget(arn)]
            },
            KeptLesson(service: "lambda", operation: "DeleteAlias") { call in
                guard let function = call.function, let name = call.text("Name") else { return [] }
                return [.forget(function.part(name))]
            },
            KeptLesson(service: "lambda", operation: "AddPermission") { call in
                guard let arn = call.qualified, let sid = call.text("StatementId"), let action = call.text("Action"),
                    let principal = call.text("Principal")
                else { return [] }
                let statement = KeptStatement(
                    sid: sid, principal: KeptStatement.principal(principal), actions: [action],
                    resource: arn.description, conditions: call.conditions)
                return [KeptEdit(arn: arn) { $0.permit(statement, orIn: defaultPolicy) }]
            },
            KeptLesson(service: "lambda", operation: "RemovePermission") { call in
                guard let arn = call.qualified, let sid = call.text("StatementId") else { return [] }
                return [KeptEdit(arn: arn) { $0.revoke(sid) }]
            },
            // Says the same of a function that is not there and of one without a policy.
            KeptLesson(
                service: "lambda", operation: "GetPolicy", readsAnswer: true, isRead: true,
                codes: ["ResourceNotFoundException"]
            ) { call in
                guard let arn = call.qualified else { return [] }
                let policy = call.output.text("Policy")
                return [KeptEdit(arn: arn) { $0.setPolicy(policy) }]
            },
            KeptLesson(service: "lambda", operation: "AddLayerVersionPermission") { call in
                guard let arn = call.layerVersion, let sid = call.text("StatementId"), let action = call.text("Action"),
                    let principal = call.text("Principal")
                else { return [] }
                let statement = KeptStatement(
                    sid: sid, principal: KeptStatement.principal(principal), actions: [action],
                    resource: arn.description,
                    conditions: call.text("OrganizationId").map { [("StringEquals", "aws:PrincipalOrgID", $0)] } ?? [])
                return [KeptEdit(arn: arn) { $0.permit(statement, orIn: defaultPolicy) }]
            },
            KeptLesson(service: "lambda", operation: "RemoveLayerVersionPermission") { call in
                guard let arn = call.layerVersion, let sid = call.text("StatementId") else { return [] }
                return [KeptEdit(arn: arn) { $0.revoke(sid) }]
            },
            KeptLesson(
                service: "lambda", operation: "GetLayerVersionPolicy", readsAnswer: true, isRead: true,
                codes: ["ResourceNotFoundException"]
            ) { call in
                guard let arn = call.layerVersion else { return [] }
                let policy = call.output.text("Policy")
                return [KeptEdit(arn: arn) { $0.setPolicy(policy) }]
            },
            KeptLesson(service: "lambda", operation: "DeleteLayerVersion") { call in
                guard let arn = call.layerVersion else { return [] }
                return [.forget(arn)]
            },
        ]

    private static let defaultPolicy = KeptPolicyText(id: "default")
}

extension ARN {
    /// A version or alias of a function, or a version of a layer.
    fileprivate func part(_ name: String) -> ARN {
        var part = self
        part.resource += ":\(name)"
        return part
    }
}

extension KeptCall {
    /// The function that the call is about, without a version or alias. It may be asked about several times, with and without.
    fileprivate var function: ARN? { base(of: "function") }

    private func base(of type: Substring) -> ARN? {
        let bases = Set(
            resources.map { arn in
                let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
                guard (2...3).contains(parts.count), parts[0] == type else { return arn }
                var base = arn
                base.resource = "\(type):\(parts[1])"
                return base
            })
        guard bases.count == 1, let base = bases.first, base.resource.hasPrefix("\(type):") else { return nil }
        return base
    }

    /// The function, or the version or alias that the request names, by itself or at the end of the function's name. nil where the
    /// two differ.
    fileprivate var qualified: ARN? {
        guard let function else { return nil }
        // A name, an account and a name, or an ARN; each may end with a qualifier.
        let named = (text("FunctionName") ?? "").split(separator: ":", omittingEmptySubsequences: false).map(
            String.init)
        let position = named.firstIndex(of: "function").map { $0 + 2 } ?? 1
        let last = named.indices.contains(position) ? named[position] : nil
        guard let qualifier = text("Qualifier") ?? last, qualifier != "$LATEST" else { return function }
        guard last == nil || last == qualifier, !qualifier.isEmpty,
            qualifier.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") })
        else { return nil }
        return function.part(qualifier)
    }

    /// The version of a layer that the request names.
    fileprivate var layerVersion: ARN? {
        guard let layer = base(of: "layer"), case .integer(let version)? = input["VersionNumber"] else { return nil }
        return layer.part(String(version))
    }

    /// What a permission is bound to, as Lambda writes it.
    fileprivate var conditions: [(test: String, key: String, value: String)] {
        var conditions: [(test: String, key: String, value: String)] = []
        if let account = text("SourceAccount") { conditions.append(("StringEquals", "AWS:SourceAccount", account)) }
        if let token = text("EventSourceToken") {
            conditions.append(("StringEquals", "lambda:EventSourceToken", token))
        }
        if let id = text("PrincipalOrgID") { conditions.append(("StringEquals", "aws:PrincipalOrgID", id)) }
        if let type = text("FunctionUrlAuthType") {
            conditions.append(("StringEquals", "lambda:FunctionUrlAuthType", type))
        }
        if case .boolean(let isByURL)? = input["InvokedViaFunctionUrl"] {
            conditions.append(("Bool", "lambda:InvokedViaFunctionUrl", isByURL ? "true" : "false"))
        }
        if let source = text("SourceArn") { conditions.append(("ArnLike", "AWS:SourceArn", source)) }
        return conditions
    }
}
