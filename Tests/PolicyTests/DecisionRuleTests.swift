import Policy
import Testing

/// Rules 1 to 30 of Documentation/PolicyRules.md: who may do what by which policies together.
@Suite struct DecisionRules {
    let allowAll: CompiledPolicy
    let denyAll: CompiledPolicy
    let allowNothing: CompiledPolicy

    init() throws {
        allowAll = try policy(.identity, statement())
        denyAll = try policy(.identity, statement("Deny"))
        allowNothing = try policy(.identity, statement(on: "arn:aws:s3:::elsewhere"))
    }

    private func bucket(_ principal: String, _ effect: String = "Allow", not: Bool = false) throws -> CompiledPolicy {
        try policy(.resource, statement(effect, principal: principal, notPrincipal: not))
    }

    @Test func rule01_denyWinsDefaultIsDenyRootIsAllowed() throws {
        #expect(ask(PolicyInputs(identity: [allowAll, denyAll])).outcome == .explicitlyDenied)
        #expect(ask(PolicyInputs(identity: [allowAll])).outcome == .allowed)
        #expect(ask(PolicyInputs()).outcome == .implicitlyDenied)
        #expect(ask(.root, PolicyInputs()).isAllowed)
        let denial = ask(.root, PolicyInputs(resource: try bucket("*", "Deny")))
        #expect(denial.outcome == .explicitlyDenied)
        #expect(denial.policyType == .resource)
    }

    @Test func rule02_identityOrResourceAllowsAndTheRestFilters() throws {
        let direct = try bucket(aws(userARN))
        #expect(ask(PolicyInputs(resource: direct)).policyType == .resource)
        #expect(ask(PolicyInputs(identity: [allowAll], resource: try bucket(aws(readerARN)))).policyType == .identity)
        let control = try policy(.serviceControl, statement())
        #expect(!ask(PolicyInputs(serviceControl: [[control]])).isAllowed)
        #expect(!ask(PolicyInputs(boundaries: [allowAll], session: [allowAll])).isAllowed)
        for inputs in [
            PolicyInputs(identity: [allowAll], boundaries: [allowNothing]),
            PolicyInputs(identity: [allowAll], session: [allowNothing]),
            PolicyInputs(identity: [allowAll], serviceControl: [[]]),
            PolicyInputs(identity: [allowAll], resourceControl: [[]]),
            PolicyInputs(identity: [allowAll], endpoint: []),
        ] {
            #expect(ask(inputs).outcome == .implicitlyDenied)
        }
    }

    @Test func rule03_resourcePolicyNamesUser() throws {
        let inputs = PolicyInputs(identity: [allowNothing], resource: try bucket(aws(userARN)), boundaries: [])
        #expect(ask(inputs).isAllowed)
        var denied = inputs
        denied.boundaries = [denyAll]
        #expect(ask(denied).policyType == .permissionsBoundary)
    }

    @Test func rule04_resourcePolicyNamesRole() throws {
        let resource = try bucket(aws(readerARN))
        #expect(ask(.session, PolicyInputs(resource: resource)).isAllowed)
        #expect(ask(.session, PolicyInputs(resource: resource, boundaries: [])).policyType == .permissionsBoundary)
        #expect(ask(.session, PolicyInputs(resource: resource, session: [])).policyType == .session)
        #expect(ask(.session, PolicyInputs(resource: resource, boundaries: [allowAll], session: [allowAll])).isAllowed)
    }

    @Test func rule05_resourcePolicyNamesRoleSession() throws {
        let resource = try bucket(aws(sessionARN))
        #expect(ask(.session, PolicyInputs(resource: resource, boundaries: [], session: [])).isAllowed)
        // The statement that names the caller most directly counts, wherever it stands.
        let statements = [account, readerARN, sessionARN].map { statement(principal: aws($0)) }
        let mixed = try policy(.resource, statements.joined(separator: ","))
        let decision = ask(.session, PolicyInputs(resource: mixed, boundaries: [], session: []))
        #expect(decision.isAllowed && decision.statement?.index == 2)
    }

    @Test func rule06_federatedSessionAndItsParent() throws {
        let direct = PolicyInputs(resource: try bucket(aws(federatedARN)), boundaries: [], session: [])
        #expect(ask(.federated, direct).isAllowed)
        let parent = try bucket(aws(userARN))
        #expect(!ask(.federated, PolicyInputs(resource: parent, session: [])).isAllowed)
        #expect(!ask(.federated, PolicyInputs(resource: parent, boundaries: [], session: [allowAll])).isAllowed)
        #expect(ask(.federated, PolicyInputs(resource: parent, session: [allowAll])).isAllowed)
        // Rule 16: without a session policy the parent's name is not the session's.
        #expect(ask(.federated, PolicyInputs(resource: parent)).policyType == .session)
    }

    @Test(arguments: ["*", "{\"AWS\":\"*\"}"]) func rule07_everybody(principal: String) throws {
        let inputs = PolicyInputs(resource: try bucket(principal), boundaries: [], session: [])
        #expect(ask(.user, inputs).isAllowed)
        #expect(ask(.session, inputs).isAllowed)
        let limited = try policy(
            .resource,
            statement(principal: principal, condition: #"{"ArnEquals":{"aws:PrincipalArn":"\#(readerARN)"}}"#))
        let context: [String: ContextValue] = ["aws:PrincipalArn": .one(readerARN)]
        #expect(ask(.session, PolicyInputs(resource: limited, boundaries: [], session: []), context).isAllowed)
    }

    @Test(arguments: [account, rootARN]) func rule08_accountDelegates(name: String) throws {
        let resource = try bucket(aws(name))
        #expect(ask(PolicyInputs(resource: resource)).policyType == .identity)
        #expect(ask(PolicyInputs(identity: [allowAll], resource: resource)).isAllowed)
        #expect(ask(.root, PolicyInputs(resource: resource)).isAllowed)
    }

    @Test func rule09_rootInPrincipalArnIsTheRootUserOnly() throws {
        let resource = try policy(
            .resource,
            statement("Deny", principal: "*", condition: #"{"ArnEquals":{"aws:PrincipalArn":"\#(rootARN)"}}"#))
        let inputs = PolicyInputs(identity: [allowAll], resource: resource)
        #expect(ask(.user, inputs, ["aws:PrincipalArn": .one(userARN)]).isAllowed)
        #expect(!ask(.root, inputs, ["aws:PrincipalArn": .one(rootARN)]).isAllowed)
    }

    @Test func rule10_crossAccountNeedsBothSides() throws {
        func cross(_ inputs: PolicyInputs, _ principal: Principal = .user) -> Decision {
            ask(principal, in: otherAccount, inputs)
        }
        #expect(cross(PolicyInputs(identity: [allowAll])).policyType == .resource)
        for name in [userARN, account] {
            let resource = try bucket(aws(name))
            #expect(cross(PolicyInputs(resource: resource)).policyType == .identity)
            #expect(cross(PolicyInputs(identity: [allowAll], resource: resource)).isAllowed)
            #expect(!cross(PolicyInputs(identity: [allowAll], resource: resource, boundaries: [])).isAllowed)
            #expect(!cross(PolicyInputs(identity: [allowAll], resource: resource, session: [])).isAllowed)
        }
        let named = try bucket(aws(sessionARN))
        #expect(!cross(PolicyInputs(resource: named), .session).isAllowed)
        #expect(cross(PolicyInputs(resource: try bucket("*")), .root).isAllowed)
        #expect(!cross(PolicyInputs(), .root).isAllowed)
    }

    @Test func rule11_trustAndKeyPoliciesMustAllow() throws {
        let trustOfOther = try policy(
            .roleTrust, statement(on: nil, principal: aws(sessionARN)).replacing("\"*\"", with: "\"sts:AssumeRole\""))
        let role = "arn:aws:iam::111122223333:role/R"
        let denied = ask(.user, "sts:AssumeRole", role, PolicyInputs(identity: [allowAll], roleTrust: trustOfOther))
        #expect(denied.policyType == .roleTrust && denied.outcome == .implicitlyDenied)
        func trusting(_ name: String) throws -> CompiledPolicy {
            try policy(.roleTrust, statement("Allow", "sts:AssumeRole", on: nil, principal: aws(name)))
        }
        #expect(ask(.user, "sts:AssumeRole", role, PolicyInputs(roleTrust: try trusting(userARN))).isAllowed)
        let byAccount = PolicyInputs(roleTrust: try trusting(rootARN))
        #expect(ask(.user, "sts:AssumeRole", role, byAccount).policyType == .identity)
        var both = byAccount
        both.identity = [allowAll]
        #expect(ask(.user, "sts:AssumeRole", role, both).policyType == .roleTrust)
        #expect(ask(.user, "sts:AssumeRole", role, both).isAllowed)
        let elsewhere = "arn:aws:iam::444455556666:role/R"
        #expect(ask(.user, "sts:AssumeRole", elsewhere, byAccount).policyType == .identity)
        #expect(ask(.user, "sts:AssumeRole", elsewhere, both).isAllowed)
        let key = PolicyInputs(identity: [allowAll], resource: try bucket(aws(readerARN)))
        #expect(ask(.user, "kms:Decrypt", keyARN, key).policyType == .resource)
    }

    @Test func rule11_withoutTrustOrKeyPolicyNobodyIsAllowed() throws {
        let mine = PolicyInputs(identity: [allowAll])
        let role = "arn:aws:iam::111122223333:role/path/R"
        for action in ["kms:Decrypt", "KMS:DESCRIBEKEY", "kms:PutKeyPolicy"] {
            for caller in [Principal.user, .root, .session] {
                let denied = ask(caller, action, keyARN, mine)
                #expect(denied.outcome == .implicitlyDenied && denied.policyType == .resource)
            }
        }
        for action in ["sts:AssumeRole", "sts:assumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"] {
            let denied = ask(.user, action, role, mine)
            #expect(denied.outcome == .implicitlyDenied && denied.policyType == .roleTrust)
        }
        // What KMS does with no key, or only with an alias, asks for no key policy.
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/key/k"
        for (action, resource) in [
            ("kms:ListKeys", "*"), ("kms:CreateKey", "*"), ("kms:GenerateRandom", "*"),
            ("kms:ListRetirableGrants", "*"), ("KMS:DescribeCustomKeyStores", "*"), ("kms:CreateAlias", alias),
            ("sts:TagSession", federatedARN),
        ] {
            #expect(ask(.user, action, resource, mine).isAllowed, "\(action)")
        }
        #expect(ask(.user, "iam:GetRole", role, mine).isAllowed)
        #expect(ask(.user, "sts:GetSessionToken", "*", mine).isAllowed)
        // A grant is as good as a policy.
        var granted = mine
        granted.grants = [KeyGrant(grantee: userARN, operations: ["Decrypt"])]
        #expect(ask(.user, "kms:Decrypt", keyARN, granted).isAllowed)
        // A simulation of identity-based policies knows nothing of the resource's.
        var own = mine
        own.ignoresResourceSide = true
        #expect(ask(.user, "kms:Decrypt", keyARN, own).isAllowed)
        #expect(ask(.user, "sts:AssumeRole", role, own).isAllowed)
    }

    /// A caller that names no key, or a key by its alias, does not get around the key's policy.
    @Test func rule11_noOtherResourceLeadsAroundTheRequiredPolicy() {
        let mine = PolicyInputs(identity: [allowAll])
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/a"
        for resource in ["*", "", "k", alias, "arn:aws:kms:us-east-1:111122223333:KEY/k", "arn:aws:s3:::b"] {
            for action in ["kms:Decrypt", "kms:ListGrants", "kms:NotYetThere", "kms:ListKeysOfOthers"] {
                #expect(ask(.user, action, resource, mine).policyType == .resource, "\(action) \(resource)")
                #expect(!ask(.root, action, resource, mine).isAllowed)
            }
        }
        #expect(!ask(.user, "kms:CreateAlias", "*", mine).isAllowed)
        #expect(!ask(.user, "kms:CreateAlias", keyARN, mine).isAllowed)
        for resource in ["*", userARN, "arn:aws:iam::111122223333:ROLE/R", "R"] {
            #expect(ask(.user, "sts:AssumeRole", resource, mine).policyType == .roleTrust)
        }
        #expect(!ask(.user, "sts:TagSession", "*", mine).isAllowed)
    }

    @Test func rule11_ofOtherTypesWhoKnowsThemSaysIt() throws {
        let box = "arn:aws:vault:us-east-1:111122223333:box/b"
        var inputs = PolicyInputs(identity: [allowAll])
        #expect(ask(.user, "vault:OpenBox", box, inputs).isAllowed)
        inputs.requiredPolicy = .resource
        #expect(ask(.user, "vault:OpenBox", box, inputs).policyType == .resource)
        #expect(!ask(.user, "vault:OpenBox", box, inputs).isAllowed)
        #expect(!ask(.root, "vault:OpenBox", box, inputs).isAllowed)
        inputs.resource = try bucket(aws(rootARN))
        #expect(ask(.user, "vault:OpenBox", box, inputs).isAllowed)
    }

    @Test func rule12_keyPolicyWithoutAccountMakesIAMIneffective() throws {
        let without = PolicyInputs(identity: [allowAll], resource: try bucket(aws(sessionARN)))
        #expect(!ask(.user, "kms:Decrypt", keyARN, without).isAllowed)
        #expect(!ask(.root, "kms:Decrypt", keyARN, without).isAllowed)
        let with = PolicyInputs(identity: [allowAll], resource: try bucket(aws(rootARN)))
        #expect(ask(.user, "kms:Decrypt", keyARN, with).isAllowed)
        #expect(ask(.root, "kms:Decrypt", keyARN, with).isAllowed)
    }

    @Test func rule14_serviceNeedsResourcePolicyAndEscapesSCPs() throws {
        let named = try bucket(#"{"Service":"cloudtrail.amazonaws.com"}"#)
        let inputs = PolicyInputs(resource: named, serviceControl: [[]])
        #expect(ask(.service, inputs).isAllowed)
        #expect(ask(.service, PolicyInputs(identity: [allowAll])).policyType == .resource)
        #expect(!ask(.service, PolicyInputs(resource: try bucket(#"{"Service":"s3.amazonaws.com"}"#))).isAllowed)
    }

    @Test func rule15_webIdentitiesOnlyInTrustPolicies() throws {
        let provider = "arn:aws:iam::111122223333:oidc-provider/example.com"
        let trust = try policy(
            .roleTrust,
            statement("Allow", "sts:AssumeRoleWithWebIdentity", on: nil, principal: "{\"Federated\":\"\(provider)\"}"))
        let caller = Principal(kind: .webIdentity, arn: provider)
        let inputs = PolicyInputs(roleTrust: trust)
        let role = "arn:aws:iam::111122223333:role/R"
        #expect(ask(caller, "sts:AssumeRoleWithWebIdentity", role, inputs).isAllowed)
        #expect(!ask(caller, "sts:AssumeRole", role, inputs).isAllowed)
        #expect(!ask(.user, "sts:AssumeRoleWithWebIdentity", role, inputs).isAllowed)
        #expect(!ask(Principal(kind: .saml, arn: "x"), "sts:AssumeRoleWithWebIdentity", role, inputs).isAllowed)
    }

    @Test func rule16_noSessionPolicy() throws {
        #expect(ask(.session, PolicyInputs(identity: [allowAll])).isAllowed)
        #expect(ask(.federated, PolicyInputs(identity: [allowAll])).policyType == .session)
        #expect(ask(.federated, PolicyInputs(resource: try bucket(aws(federatedARN)))).isAllowed)
    }

    @Test func rule17_getCallerIdentityCannotBeDenied() {
        let inputs = PolicyInputs(identity: [denyAll], serviceControl: [[]])
        #expect(ask(.user, "sts:GetCallerIdentity", "*", inputs).isAllowed)
        #expect(!ask(.user, "sts:GetSessionToken", "*", inputs).isAllowed)
    }

    @Test func rule18_endpointPolicyMustAllow() throws {
        let endpoint = try policy(.endpoint, statement(on: "arn:aws:s3:::other/*", principal: "*"))
        let denied = ask(PolicyInputs(identity: [allowAll], endpoint: [endpoint]))
        #expect(denied.policyType == .endpoint && denied.outcome == .implicitlyDenied)
        #expect(!ask(.root, PolicyInputs(endpoint: [endpoint])).isAllowed)
        let open = try policy(.endpoint, statement(principal: "*"))
        #expect(ask(PolicyInputs(identity: [allowAll], endpoint: [open])).isAllowed)
    }

    @Test func rule19_anonymous() throws {
        #expect(ask(.anonymous, PolicyInputs(identity: [allowAll])).policyType == .resource)
        #expect(ask(.anonymous, PolicyInputs(resource: try bucket("*"))).isAllowed)
        #expect(ask(.anonymous, PolicyInputs(resource: try bucket(aws("*")))).isAllowed)
        #expect(!ask(.anonymous, PolicyInputs(resource: try bucket(aws(account)))).isAllowed)
        #expect(ask(.anonymous, PolicyInputs(resource: try bucket(aws(userARN), not: true))).isAllowed)
        #expect(!ask(.anonymous, PolicyInputs(resource: try bucket("*"), resourceControl: [[]])).isAllowed)
        #expect(ask(.anonymous, PolicyInputs(resource: try bucket("*"), serviceControl: [[]])).isAllowed)
    }

    @Test func rule20_denyNotPrincipalDeniesWhoHasABoundary() throws {
        let resource = try bucket(aws(userARN, account), "Deny", not: true)
        #expect(ask(PolicyInputs(identity: [allowAll], resource: resource)).isAllowed)
        let bounded = PolicyInputs(identity: [allowAll], resource: resource, boundaries: [allowAll])
        #expect(ask(bounded).outcome == .explicitlyDenied)
    }

    @Test func rule21_notPrincipalMustListAccountAndRoleToo() throws {
        func spared(_ principal: Principal, _ names: String) throws -> Bool {
            ask(principal, PolicyInputs(identity: [allowAll], resource: try bucket(names, "Deny", not: true))).isAllowed
        }
        #expect(try !spared(.user, aws(userARN)))
        #expect(try !spared(.user, aws(account)))
        #expect(try spared(.user, aws(userARN, rootARN)))
        #expect(try !spared(.session, aws(sessionARN, account)))
        #expect(try !spared(.session, aws(readerARN, account)))
        #expect(try spared(.session, aws(sessionARN, readerARN, account)))
        #expect(try spared(.root, aws(account)))
        for type in [PolicyType.identity, .roleTrust, .serviceControl, .resourceControl] {
            #expect(throws: PolicyError.self) {
                try policy(
                    type,
                    statement(
                        "Deny", "sts:AssumeRole", on: type == .roleTrust ? nil : "*", principal: aws(account),
                        notPrincipal: true))
            }
        }
    }

    /// An Allow with `NotPrincipal` is for everybody but those that it names, by whichever of their names.
    @Test func rule21_allowWithNotPrincipalNeverReachesWhomItNames() throws {
        func allowed(_ principal: Principal, _ names: String..., as type: PolicyType = .resource) throws -> Bool {
            let names = "{\"AWS\":[\(names.map { "\"\($0)\"" }.joined(separator: ","))]}"
            let stated = try policy(type, statement(principal: names, notPrincipal: true))
            return ask(
                principal,
                type == .resource
                    ? PolicyInputs(resource: stated) : PolicyInputs(identity: [allowAll], endpoint: [stated])
            ).isAllowed
        }
        for type in [PolicyType.resource, .endpoint] {
            for name in [userARN, account, rootARN, Principal.user.uniqueID, "*"] {
                #expect(try !allowed(.user, name, as: type), "\(name)")
                #expect(try !allowed(.user, otherAccount, name, as: type), "\(name)")
            }
            for name in [sessionARN, readerARN, account, rootARN, Principal.session.uniqueID, "*"] {
                #expect(try !allowed(.session, name, as: type), "\(name)")
            }
            for name in [federatedARN, userARN, account, "*"] {
                #expect(try !allowed(.federated, name, as: type), "\(name)")
            }
            #expect(try allowed(.user, readerARN, otherAccount, as: type))
            #expect(try allowed(.session, sessionARN + "0", otherAccount, as: type))
        }
        #expect(try !allowed(.anonymous, "*"))
        #expect(try allowed(.anonymous, account, userARN))
        // Whoever is not named needs nothing else, as under `"Principal": "*"`.
        #expect(
            ask(
                .user, PolicyInputs(resource: try bucket(aws(readerARN), not: true), boundaries: [], session: [])
            ).isAllowed)
        let service = try bucket(#"{"Service":"cloudtrail.amazonaws.com"}"#, not: true)
        #expect(!ask(.service, PolicyInputs(resource: service)).isAllowed)
    }

    @Test func rule22_serviceLinkedRolesEscapeSCPs() throws {
        var linked = Principal.session
        linked.isServiceLinkedRole = true
        let inputs = PolicyInputs(identity: [allowAll], serviceControl: [[]], resourceControl: [[]])
        #expect(ask(linked, inputs).isAllowed)
        #expect(!ask(.session, inputs).isAllowed)
        // The root user of a member account is covered.
        #expect(ask(.root, PolicyInputs(serviceControl: [[]])).policyType == .serviceControl)
    }

    @Test func rule23_everyLevelNeedsAnAllow() throws {
        let full = try policy(.serviceControl, statement())
        let other = try policy(.serviceControl, statement("Allow", "ec2:*"))
        func allowed(_ levels: [[CompiledPolicy]]) -> Bool {
            ask(PolicyInputs(identity: [allowAll], serviceControl: levels)).isAllowed
        }
        #expect(allowed([[full], [full], [other, full]]))
        #expect(!allowed([[full], [other], [full]]))
        #expect(!allowed([[full], []]))
        #expect(allowed([]))
    }

    @Test func rule24_SCPsTakeTheFullLanguage() throws {
        let control = try policy(
            .serviceControl,
            statement(
                "Allow", "iam:*", on: "arn:aws:s3:::secret/*", condition: #"{"Bool":{"aws:SecureTransport":"true"}}"#,
                notAction: true, notResource: true))
        let inputs = PolicyInputs(identity: [allowAll], serviceControl: [[control]])
        #expect(ask(inputs, ["aws:SecureTransport": .one("true")]).isAllowed)
        #expect(!ask(inputs).isAllowed)
        #expect(
            !ask(.user, "s3:GetObject", "arn:aws:s3:::secret/x", inputs, ["aws:SecureTransport": .one("true")])
                .isAllowed)
    }

    @Test func rule25_RCPsBindOutsidersAndRoot() throws {
        let deny = try policy(.resourceControl, statement("Deny", "s3:*", principal: "*"))
        let full = try policy(.resourceControl, statement(principal: "*"))
        let open = try bucket("*")
        for principal in [Principal.user, .root, .anonymous, .service, .federated] {
            let inputs = PolicyInputs(resource: open, resourceControl: [[full, deny]])
            #expect(ask(principal, inputs).policyType == .resourceControl)
        }
        #expect(
            ask(
                .user, in: otherAccount,
                PolicyInputs(
                    identity: [allowAll], resource: open, resourceControl: [[full, deny]])
            ).policyType == .resourceControl)
        let noKMS = try policy(.resourceControl, statement("Deny", "kms:*", principal: "*"))
        let key = PolicyInputs(resource: try bucket("*"), resourceControl: [[full, noKMS]])
        #expect(ask(.user, "kms:RetireGrant", keyARN, key).isAllowed)
        #expect(!ask(.user, "kms:Decrypt", keyARN, key).isAllowed)
    }

    @Test func rule26_customRCPsDenyEverybodyByName() {
        #expect(throws: Never.self) { try policy(.resourceControl, statement("Deny", "s3:*", principal: "*")) }
        #expect(throws: Never.self) { try policy(.resourceControl, statement("Allow", "*", principal: "*")) }
        for bad in [
            statement("Allow", "s3:*", principal: "*"), statement("Deny", "s3:*", principal: aws(account)),
            statement("Deny", "s3:*", principal: "*", notAction: true), statement("Deny", "s3:*"),
            statement("Deny", "*", principal: "*"), statement("Deny", #"["s3:*","*"]"#, principal: "*"),
        ] {
            #expect(throws: PolicyError.self) { try policy(.resourceControl, bad) }
        }
    }

    @Test func rule27_principalArnOfASessionIsItsRole() throws {
        // The context says so; here it is only compared.
        let condition = #"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/app/*"}}"#
        #expect(try holds(condition, ["aws:PrincipalArn": .one(readerARN)]))
        #expect(try !holds(condition, ["aws:PrincipalArn": .one(sessionARN)]))
    }

    @Test func rule28_uniqueIDsNameOnePrincipalForGood() throws {
        let role = "arn:aws:iam::111122223333:role/R"
        let trust = try policy(
            .roleTrust, statement("Allow", "sts:AssumeRole", on: nil, principal: aws(Principal.session.uniqueID)))
        #expect(ask(.session, "sts:AssumeRole", role, PolicyInputs(roleTrust: trust)).isAllowed)
        var recreated = Principal.session
        recreated.uniqueID = "AROAAAAAAAAAAAAAAAAA3"
        #expect(!ask(recreated, "sts:AssumeRole", role, PolicyInputs(roleTrust: trust)).isAllowed)
    }

    @Test func rule29_principalWildcardsAreWholeAndGroupsAreNone() {
        for name in ["arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:group/g", "1111*", "x"] {
            #expect(throws: PolicyError.self) { try bucket(aws(name)) }
        }
    }

    @Test func rule30_resourceStatementWithoutPrincipalNeverMatches() throws {
        let text = "{\"Version\":\"2012-10-17\",\"Statement\":[\(statement("Deny")),\(statement())]}"
        #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .resource) }
        let document = try PolicyDocument(parsing: text, as: .resource, strictness: .evaluable)
        let bare = CompiledPolicy(document, source: PolicySource(type: .resource))
        #expect(ask(PolicyInputs(resource: bare)).policyType == .identity)
        #expect(ask(PolicyInputs(identity: [allowAll], resource: bare)).isAllowed)
    }

    @Test(arguments: PolicyType.allCases) func denyingEverythingDenies(type: PolicyType) throws {
        let deny = CompiledPolicy.denyingEverything(PolicySource(type: type))
        var inputs = PolicyInputs(identity: [allowAll], resource: try bucket("*"))
        switch type {
        case .identity: inputs.identity.append(deny)
        case .resource: inputs.resource = deny
        case .roleTrust: inputs.roleTrust = deny
        case .permissionsBoundary: inputs.boundaries = [deny]
        case .session: inputs.session = [deny]
        case .serviceControl: inputs.serviceControl = [[deny]]
        case .resourceControl: inputs.resourceControl = [[deny]]
        case .endpoint: inputs.endpoint = [deny]
        }
        #expect(ask(inputs).outcome == .explicitlyDenied && ask(inputs).policyType == type)
    }

    @Test func managedPoliciesBelongToEverybody() {
        let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        #expect(ask(.user, "iam:GetPolicy", managed, PolicyInputs(identity: [allowAll])).isAllowed)
    }

    @Test func theFirstDenyOfTheFlowChartIsNamed() throws {
        let control = try policy(.serviceControl, statement("Deny"))
        let inputs = PolicyInputs(
            identity: [denyAll], resource: try bucket("*", "Deny"), boundaries: [denyAll], session: [denyAll],
            serviceControl: [[control]])
        #expect(ask(inputs).policyType == .serviceControl)
        var fewer = inputs
        fewer.serviceControl = nil
        #expect(ask(fewer).policyType == .resource)
        fewer.resource = nil
        #expect(ask(fewer).policyType == .identity)
        fewer.identity = []
        #expect(ask(fewer).policyType == .permissionsBoundary)
    }
}
