import Directory
import Ledger
import Platform
import Shield
import WAFV2API
import Wire

/// Rule groups in Shield's own account, and the address sets that they use.
struct MitigationRuleGroup {
    /// The rule that is always there: it limits what known offenders may send.
    static let offenders = "ShieldKnownOffenderIPRateBasedRule"
    /// How many requests a known offender may send in five minutes.
    private static let offenderLimit = 100
    /// How many known offenders there are at most.
    private static let mostOffenders = 10_000

    private let environment: Environment
    private let region: String

    init(_ environment: Environment, _ region: String) {
        self.environment = environment
        self.region = region
    }

    static func visibility(_ name: String) -> WAFV2.VisibilityConfig {
        WAFV2.VisibilityConfig {
            $0.sampledRequestsEnabled = true
            $0.cloudWatchMetricsEnabled = true
            $0.metricName = name
        }
    }

    /// Makes a group without any rules but the one about known offenders, for a customer's account to use.
    /// - Returns: its ARN.
    func make(
        _ name: String, _ action: StoredProtection.Action, for account: String
    ) async throws(ServiceError) -> String {
        for version in AddressVersion.allCases { _ = try await makeSet(version.setName("Offenders", name), version) }
        let sets = try await sets()
        let made = try await call(
            WAFV2.CreateRuleGroup.self,
            WAFV2.CreateRuleGroup.Input {
                $0.name = name
                $0.scope = "REGIONAL"
                $0.capacity = MitigationPlacement.capacity
                $0.rules = [offenderRule(name, action, sets)]
                $0.visibilityConfig = Self.visibility(name)
            })
        guard let arn = made.summary?.arn else { throw .internalFailure }
        let policy = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(account):root"},\
            "Action":["wafv2:CreateWebACL","wafv2:UpdateWebACL","wafv2:PutFirewallManagerRuleGroups"]}]}
            """
        _ = try await call(
            WAFV2.PutPermissionPolicy.self,
            WAFV2.PutPermissionPolicy.Input {
                $0.resourceArn = arn
                $0.policy = policy
            })
        return arn
    }

    /// Puts rules into a group in the place of those that it has; those whom they name become known offenders.
    func set(_ contents: MitigationContents, in arn: String) async throws(ServiceError) {
        let found = try await call(WAFV2.GetRuleGroup.self, WAFV2.GetRuleGroup.Input { $0.arn = arn })
        guard let group = found.ruleGroup, let token = found.lockToken else { throw .internalFailure }
        let time = environment.now()
        let before = try await environment.read(WrittenRules.scope) { (records) throws(ServiceError) in
            try records.get(WrittenRules.self, RowKey(.text(arn)))
        }
        var written = before ?? WrittenRules(ruleGroup: arn, contents: contents)
        let offenders = written.offenders(with: contents, at: time, most: Self.mostOffenders)
        let known = Set(written.offenders.keys)
        written = WrittenRules(ruleGroup: arn, contents: contents, offenders: offenders)
        let addresses = Set(contents.entries.flatMap { $0.rule.addresses ?? [] })
        for version in AddressVersion.allCases {
            func own(_ all: some Sequence<String>) -> [String] {
                all.filter { $0.contains(":") == (version == .six) }.sorted()
            }
            try await fill(
                version.setName("Attack", group.name), version, Array(own(addresses).prefix(Self.mostOffenders)))
            guard known != Set(offenders.keys) else { continue }
            try await fill(version.setName("Offenders", group.name), version, own(offenders.keys))
        }
        let sets = try await sets()
        var rules = [offenderRule(group.name, contents.action, sets)]
        for (index, entry) in contents.entries.enumerated() {
            guard let statement = statement(entry.rule, group.name, sets) else { continue }
            rules.append(
                WAFV2.Rule {
                    $0.name = "ShieldMitigationRule\(index + 1)"
                    $0.priority = index + 1
                    $0.statement = statement
                    $0.action = entry.action.rule
                    $0.visibilityConfig = Self.visibility("ShieldMitigationRule\(index + 1)")
                })
        }
        _ = try await call(
            WAFV2.UpdateRuleGroup.self,
            WAFV2.UpdateRuleGroup.Input {
                $0.name = group.name
                $0.scope = "REGIONAL"
                $0.id = group.id
                $0.rules = rules
                $0.visibilityConfig = group.visibilityConfig
                $0.lockToken = token
            })
        let row = written
        try await environment.write(WrittenRules.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(row)
        }
    }

    /// Deletes a group and its sets; one that is gone is no error.
    func delete(_ arn: String) async throws(ServiceError) {
        do throws(ServiceError) {
            let found = try await call(WAFV2.GetRuleGroup.self, WAFV2.GetRuleGroup.Input { $0.arn = arn })
            guard let group = found.ruleGroup, let token = found.lockToken else { return }
            _ = try await call(
                WAFV2.DeleteRuleGroup.self,
                WAFV2.DeleteRuleGroup.Input {
                    $0.name = group.name
                    $0.scope = "REGIONAL"
                    $0.id = group.id
                    $0.lockToken = token
                })
            try await environment.write(WrittenRules.scope, requestID: "") { (records) throws(ServiceError) in
                try records.delete(WrittenRules.self, RowKey(.text(arn)))
            }
            for (name, set) in try await sets() where name.hasSuffix(group.name) {
                _ = try await call(
                    WAFV2.DeleteIPSet.self,
                    WAFV2.DeleteIPSet.Input {
                        $0.name = name
                        $0.scope = "REGIONAL"
                        $0.id = set.id ?? ""
                        $0.lockToken = set.lockToken ?? ""
                    })
            }
        } catch {
            guard error.code == "WAFNonexistentItemException" else { throw error }
        }
    }

    // MARK: Rules

    private func offenderRule(
        _ group: String, _ action: StoredProtection.Action, _ sets: [String: WAFV2.IPSetSummary]
    ) -> WAFV2.Rule {
        WAFV2.Rule {
            $0.name = Self.offenders
            $0.priority = 0
            $0.statement = WAFV2.Statement {
                $0.rateBasedStatement = WAFV2.RateBasedStatement {
                    $0.limit = Self.offenderLimit
                    $0.aggregateKeyType = "IP"
                    $0.scopeDownStatement = sources("Offenders", group, sets)
                }
            }
            $0.action = action.rule
            $0.visibilityConfig = Self.visibility(Self.offenders)
        }
    }

    /// That a request comes from one of the addresses of a set.
    private func sources(_ kind: String, _ group: String, _ sets: [String: WAFV2.IPSetSummary]) -> WAFV2.Statement? {
        let parts = AddressVersion.allCases.compactMap { sets[$0.setName(kind, group)]?.arn }.map { arn in
            WAFV2.Statement {
                $0.ipSetReferenceStatement = WAFV2.IPSetReferenceStatement { $0.arn = arn }
            }
        }
        guard parts.count > 1 else { return parts.first }
        return WAFV2.Statement { $0.orStatement = WAFV2.OrStatement { $0.statements = parts } }
    }

    /// A rule as WAF has it; nil: it says nothing.
    private func statement(
        _ rule: MitigationRule, _ group: String, _ sets: [String: WAFV2.IPSetSummary]
    ) -> WAFV2.Statement? {
        var parts: [WAFV2.Statement] = []
        if rule.addresses != nil, let sources = sources("Attack", group, sets) { parts.append(sources) }
        if let method = rule.method {
            parts.append(Self.equals(method, WAFV2.FieldToMatch { $0.method = WAFV2.Method() }))
        }
        if let path = rule.path {
            parts.append(Self.equals(path, WAFV2.FieldToMatch { $0.uriPath = WAFV2.UriPath() }))
        }
        if let agent = rule.userAgent {
            let field = WAFV2.FieldToMatch { $0.singleHeader = WAFV2.SingleHeader { $0.name = "user-agent" } }
            parts.append(agent.isEmpty ? Self.absent(field) : Self.equals(agent, field))
        }
        guard parts.count > 1 else { return parts.first }
        return WAFV2.Statement { $0.andStatement = WAFV2.AndStatement { $0.statements = parts } }
    }

    private static var untransformed: [WAFV2.TextTransformation] {
        [
            WAFV2.TextTransformation {
                $0.priority = 0
                $0.type = "NONE"
            }
        ]
    }

    /// Of some texts the beginning has to do.
    private static func equals(_ text: String, _ field: WAFV2.FieldToMatch) -> WAFV2.Statement {
        let beginning = MitigationRule.beginning(of: text)
        return WAFV2.Statement {
            $0.byteMatchStatement = WAFV2.ByteMatchStatement {
                $0.searchString = Blob(Array((beginning ?? text).utf8))
                $0.fieldToMatch = field
                $0.textTransformations = untransformed
                $0.positionalConstraint = beginning == nil ? "EXACTLY" : "STARTS_WITH"
            }
        }
    }

    /// That a header is not there, or empty.
    private static func absent(_ field: WAFV2.FieldToMatch) -> WAFV2.Statement {
        WAFV2.Statement {
            $0.notStatement = WAFV2.NotStatement {
                $0.statement = WAFV2.Statement {
                    $0.sizeConstraintStatement = WAFV2.SizeConstraintStatement {
                        $0.fieldToMatch = field
                        $0.comparisonOperator = "GT"
                        $0.size = 0
                        $0.textTransformations = untransformed
                    }
                }
            }
        }
    }

    // MARK: Address sets

    private enum AddressVersion: String, CaseIterable {
        case four = "IPV4"
        case six = "IPV6"

        func setName(_ kind: String, _ group: String) -> String { "\(kind)\(self == .four ? 4 : 6)_\(group)" }
    }

    /// The sets of all groups, by their names.
    private func sets() async throws(ServiceError) -> [String: WAFV2.IPSetSummary] {
        var all: [String: WAFV2.IPSetSummary] = [:]
        var marker: String?
        repeat {
            let next = marker
            let page = try await call(
                WAFV2.ListIPSets.self,
                WAFV2.ListIPSets.Input {
                    $0.scope = "REGIONAL"
                    $0.limit = 100
                    $0.nextMarker = next
                })
            for set in page.ipSets ?? [] { all[set.name ?? ""] = set }
            marker = page.nextMarker
        } while marker != nil
        return all
    }

    private func makeSet(_ name: String, _ version: AddressVersion) async throws(ServiceError) -> String? {
        try await call(
            WAFV2.CreateIPSet.self,
            WAFV2.CreateIPSet.Input {
                $0.name = name
                $0.scope = "REGIONAL"
                $0.ipAddressVersion = version.rawValue
                $0.addresses = []
            }
        ).summary?.arn
    }

    /// Has a set hold these addresses; it is made where it is not there.
    private func fill(_ name: String, _ version: AddressVersion, _ addresses: [String]) async throws(ServiceError) {
        var set = try await sets()[name]
        if set == nil {
            guard !addresses.isEmpty else { return }
            _ = try await makeSet(name, version)
            set = try await sets()[name]
        }
        guard let set else { return }
        let found = try await call(
            WAFV2.GetIPSet.self,
            WAFV2.GetIPSet.Input {
                $0.name = name
                $0.scope = "REGIONAL"
                $0.id = set.id ?? ""
            })
        // Each change has the web ACLs made ready anew that use it.
        guard Set(found.ipSet?.addresses ?? []) != Set(addresses) else { return }
        _ = try await call(
            WAFV2.UpdateIPSet.self,
            WAFV2.UpdateIPSet.Input {
                $0.name = name
                $0.scope = "REGIONAL"
                $0.id = set.id ?? ""
                $0.addresses = addresses
                $0.lockToken = found.lockToken ?? ""
            })
    }

    /// Calls WAF as Shield's own account.
    private func call<O: OperationModel>(_ operation: O.Type, _ input: O.Input) async throws(ServiceError) -> O.Output {
        try await environment.call(
            operation, input, by: Caller(accountID: MitigationPlacement.account, identity: .root),
            from: Call.Source(service: MitigationPlacement.service, calledVia: []), in: region,
            requestID: RequestIDs.make(time: environment.now()))
    }
}

extension StoredProtection.Action {
    /// As a rule of WAF has it.
    fileprivate var rule: WAFV2.RuleAction {
        WAFV2.RuleAction {
            switch self {
            case .block: $0.block = WAFV2.BlockAction()
            case .count: $0.count = WAFV2.CountAction()
            }
        }
    }
}
