import Policy

/// SplitMix64: a seed gives the same cases everywhere.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes cases that lie at the hard corners: few names, so that they meet, and every form of every element.
struct CaseGenerator {
    var random: SeededGenerator

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }

    private mutating func some<Element>(_ most: Int, _ make: (inout CaseGenerator) -> Element) -> [Element] {
        (0..<Int.random(in: 1...most, using: &random)).map { _ in make(&self) }
    }

    private static let actions = [
        "s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:GetUser", "kms:Decrypt", "kms:RetireGrant",
        "sts:AssumeRole", "sts:GetCallerIdentity", "S3:getobject", "kms:DescribeKey", "kms:CreateGrant",
        "kms:ListKeys", "KMS:createAlias", "sts:TagSession",
    ]
    /// What can't be done, or is not a matter of a resource's policy at all, by the resource that goes with it.
    private static let guarded = [
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k"), ("kms:Decrypt", "*"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:alias/key/k"),
        ("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/key/k"),
        ("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:key/k"),
        ("kms:ListKeys", "*"), ("kms:ListKeys", "arn:aws:kms:us-east-1:111122223333:key/k"),
        ("kms:UpdateCustomKeyStore", "*"), ("kms:ListRetirableGrants", "*"), ("kms:NotYetThere", "*"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/R"), ("sts:AssumeRole", "*"),
        ("sts:AssumeRoleWithSAML", "arn:aws:iam::111122223333:role/R"),
        ("sts:TagSession", "arn:aws:iam::111122223333:role/R"),
        ("sts:TagSession", "arn:aws:sts::111122223333:federated-user/bob"), ("sts:SetSourceIdentity", "*"),
        ("sts:SetSourceIdentity", "arn:aws:iam::111122223333:user/alice"), ("sts:AssumeRoot", "*"),
    ]
    private static let resources = [
        "arn:aws:s3:::bucket/alice/key", "arn:aws:s3:::bucket/a:b", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/é",
        "arn:aws:iam::111122223333:user/alice", "arn:aws:sqs:us-east-1:111122223333:q",
        "arn:aws:sqs:us-east-1:444455556666:alice", "arn:aws:kms:us-east-1:111122223333:key/k",
        "arn:aws:kms:us-east-1:444455556666:key/k", "arn:aws:kms:us-east-1:111122223333:alias/key/k",
        "arn:aws:iam::111122223333:role/R",
        "arn:aws:iam::aws:policy/alice", "arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:alice", "*",
    ]
    private static let variables = [
        "${aws:username}", "${A:X}", "${a:none}", "${a:none, 'alice'}", "${a:x, '}'}", "${*}", "${?}", "${$}", "${}",
        "${a:x", "${a:list}", "${a:x,'b'}",
    ]
    private static let keys = [
        "aws:username", "a:x", "a:list", "a:none", "A:Y", "aws:SourceArn", "aws:SourceIp", "aws:SourceVpc",
    ]
    private static let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/t"
    private static let texts = [
        "alice", "Alice", "ALICE", "bucket", "a*", "*", "", "é", "É", "arn:aws:s3:::bucket/a", "true", "10",
    ]

    /// Another request under the same policies.
    mutating func variant(of original: RefCase) -> RefCase {
        var result = original
        result.caller = caller()
        (result.context, result.lists) = context()
        if original.trust == nil, chance(30) { result.action = pick(Self.actions) }
        if original.trust == nil, chance(30) { result.resource = pick(Self.resources) }
        return result
    }

    mutating func next() -> RefCase {
        let caller = caller()
        var (action, resource) = (pick(Self.actions), pick(Self.resources))
        if chance(15) { (action, resource) = pick(Self.guarded) }
        let trusts = chance(15)
        if trusts {
            action = "sts:AssumeRole"
            resource = pick(["arn:aws:iam::111122223333:role/R", "arn:aws:iam::444455556666:role/R"])
        }
        let (context, lists) = context()
        let account = chance(20) ? pick(["111122223333", "444455556666", "aws"]) : nil
        var result = RefCase(
            caller: caller, action: action, resource: resource, resourceAccount: account, context: context, lists: lists
        )
        // Now and then so many that the set has an index of its own.
        if chance(5) {
            result.identity = (0..<Int.random(in: 17...30, using: &random)).map { _ in policy(.identity, result) }
        } else if chance(80) {
            result.identity = some(3) { $0.policy(.identity, result) }
        }
        if trusts {
            result.trust = policy(.trust, result)
        } else if chance(50) {
            result.resourcePolicy = policy(.resource, result)
        }
        if chance(25) { result.boundaries = chance(20) ? [] : some(2) { $0.policy(.boundary, result) } }
        if chance(25) { result.sessions = chance(20) ? [] : some(2) { $0.policy(.session, result) } }
        if chance(20) { result.scps = levels(.scp, result) }
        if chance(20) { result.rcps = levels(.rcp, result) }
        if result.action.hasPrefix("kms:") || chance(5), chance(60) { result.grants = some(3) { $0.grant() } }
        result.blocksPublicAccess = chance(30)
        if !trusts, chance(25) {
            var list = policy(.resource, result)
            for number in list.statements.indices { list.statements[number].allows = true }
            result.list = list
            result.isOfAnother = chance(40)
        }
        result.isOfGuardedType = chance(15)
        result.ignoresResourceSide = chance(10)
        if chance(15) { result.endpoints = chance(20) ? [] : some(2) { $0.policy(.endpoint, result) } }
        return result
    }

    private mutating func context() -> ([String: [String]], lists: Set<String>) {
        var (context, lists) = (["aws:username": ["alice"]], Set<String>())
        for key in ["a:x", "a:y", "a:list"] where chance(70) {
            if key == "a:list" || chance(15) {
                context[key] = chance(15) ? [] : some(3) { $0.value() }
                lists.insert(key)
            } else {
                context[key] = [value()]
            }
        }
        if chance(30) { context["aws:sourcearn"] = [pick([Self.trail, Self.trail + "/other"])] }
        if chance(30) { context["aws:sourceip"] = [pick(Self.addresses.filter { !$0.contains("/") })] }
        if chance(30) { context["aws:sourcevpc"] = [pick(["vpc-1", "alice"])] }
        if chance(40) {
            let pairs = encryptionContext()
            context["kms:encryptioncontextkeys"] = pairs.keys.sorted()
            lists.insert("kms:encryptioncontextkeys")
            for (key, value) in pairs { context["kms:encryptioncontext:" + key.lowercased()] = [value] }
        }
        return (context, lists)
    }

    private mutating func encryptionContext() -> [String: String] {
        var pairs = [pick(["Team", "team"]): pick(["red", "Red"])]
        if chance(40) { pairs["Purpose"] = pick(["test", "work"]) }
        return pairs
    }

    private mutating func grant() -> RefGrant {
        let account = "111122223333"
        var grant = RefGrant(
            grantee: pick([
                "arn:aws:iam::\(account):root", "arn:aws:iam::\(account):user/alice",
                "arn:aws:iam::\(account):role/p/R", "arn:aws:sts::\(account):assumed-role/R/s",
                "arn:aws:sts::\(account):federated-user/bob", "s3.amazonaws.com", "arn:aws:iam::444455556666:root",
            ]),
            operations: some(3) { $0.pick(["Decrypt", "DescribeKey", "CreateGrant", "RetireGrant", "Encrypt"]) })
        if chance(20) { grant.equals = encryptionContext() }
        if chance(20) { grant.subset = encryptionContext() }
        if chance(20) { grant.source = Self.trail }
        return grant
    }

    private mutating func levels(_ kind: RefPolicy.Kind, _ result: RefCase) -> [[RefPolicy]] {
        some(3) { generator in
            generator.chance(10) ? [] : generator.some(2) { $0.policy(kind, result) }
        }
    }

    private mutating func caller() -> RefCaller {
        let account = "111122223333"
        switch pick(RefCaller.Kind.allCases + [.user, .session, .session]) {
        case .root: return RefCaller(kind: .root, arn: "arn:aws:iam::\(account):root", account: account, id: account)
        case .user:
            return RefCaller(
                kind: .user, arn: "arn:aws:iam::\(account):user/alice", account: account, id: "AIDAAAAAAAAAAAAAAAAA1")
        case .session:
            return RefCaller(
                kind: .session, arn: "arn:aws:sts::\(account):assumed-role/R/s", account: account,
                role: "arn:aws:iam::\(account):role/p/R", id: "AROAAAAAAAAAAAAAAAAA2", isServiceLinked: chance(10))
        case .federated:
            return RefCaller(
                kind: .federated, arn: "arn:aws:sts::\(account):federated-user/bob", account: account,
                parent: "arn:aws:iam::\(account):user/alice", id: "")
        case .service: return RefCaller(kind: .service, arn: "", account: "", id: "", service: "s3.amazonaws.com")
        case .anonymous: return RefCaller(kind: .anonymous, arn: "", account: "", id: "")
        }
    }

    private mutating func policy(_ kind: RefPolicy.Kind, _ target: RefCase) -> RefPolicy {
        let isNew = chance(85)
        return RefPolicy(kind: kind, isNew: isNew, statements: some(3) { $0.statement(kind, target) })
    }

    private mutating func statement(_ kind: RefPolicy.Kind, _ target: RefCase) -> RefStatement {
        var statement = RefStatement(allows: chance(70), actions: [], conditions: [])
        let isControl = kind == .rcp
        // A control policy that allows, allows everything.
        if isControl, statement.allows || chance(40) {
            return RefStatement(
                allows: true, principals: [("*", "*")], actions: ["*"], resources: ["*"], conditions: [])
        }
        if [.resource, .rcp, .endpoint, .trust].contains(kind) {
            statement.notPrincipal = !isControl && kind != .trust && chance(15)
            statement.principals =
                isControl || chance(20)
                ? [pick([("*", "*"), ("AWS", "*")])] : some(statement.notPrincipal ? 5 : 2) { $0.principal(kind) }
        }
        statement.notAction = !isControl && kind != .trust && chance(15)
        statement.actions =
            kind == .trust
            ? [pick(["sts:AssumeRole", "sts:*", "STS:assumerole*", "sts:TagSession", "sts:Assume????"])]
            : some(3) { $0.actionPattern(target.action) }
        // A control policy of a customer's is not about all services at once.
        if isControl { statement.actions = statement.actions.map { $0 == "*" ? "s3:*" : $0 } }
        if kind != .trust {
            statement.notResource = chance(20)
            statement.resources = some(3) { $0.resourcePattern(kind, target.resource) }
        }
        if chance(45) {
            var seen: Set<String> = []
            statement.conditions = some(3) { $0.condition() }.filter {
                seen.insert($0.op + $0.key.lowercased()).inserted
            }
        }
        return statement
    }

    private mutating func principal(_ kind: RefPolicy.Kind) -> (String, String) {
        let account = "111122223333"
        return pick([
            ("AWS", account), ("AWS", "arn:aws:iam::\(account):root"), ("AWS", "arn:aws:iam::\(account):user/alice"),
            ("AWS", "arn:aws:iam::\(account):role/p/R"), ("AWS", "arn:aws:sts::\(account):assumed-role/R/s"),
            ("AWS", "arn:aws:sts::\(account):federated-user/bob"), ("AWS", "AIDAAAAAAAAAAAAAAAAA1"),
            ("AWS", "AROAAAAAAAAAAAAAAAAA2"), ("AWS", "444455556666"), ("Service", "s3.amazonaws.com"),
            ("Service", "ec2.amazonaws.com"),
        ])
    }

    private mutating func actionPattern(_ action: String) -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "*"
        case 1: return "s3:*"
        case 2: return pick(Self.actions)
        case 3: return "*:*"
        case 4...6: return action
        default:
            let parts = action.split(separator: ":").map(String.init)
            return parts[0] + ":" + mangled(parts[1], "")
        }
    }

    private mutating func resourcePattern(_ kind: RefPolicy.Kind, _ resource: String) -> String {
        if chance(25) { return "*" }
        let target = resource == "*" || chance(20) ? pick(Self.resources.filter { $0 != "*" }) : resource
        if chance(25) { return target }
        var parts = target.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        if chance(15), kind != .rcp {
            // A short ARN, in a form that the type of policy takes.
            parts = Array(parts.prefix(pick([3, 4, 5])))
            if [.identity, .boundary, .session, .scp].contains(kind) { parts = parts.map { $0.isEmpty ? "*" : $0 } }
            if kind != .identity && kind != .boundary && kind != .session || chance(50) {
                if parts.count == 3 { parts.append("*") } else { parts[parts.count - 1] += "*" }
            }
            return parts.joined(separator: ":")
        }
        for index in [3, 4] where chance(25) { parts[index] = mangled(parts[index], "") }
        if chance(10) { parts[1] = "*" }
        parts[5] = parts[2] == "iam" ? mangledPath(parts[5]) : mangled(parts[5], chance(40) ? pick(Self.variables) : "")
        return parts.joined(separator: ":")
    }

    /// Keeps the kind of an IAM resource, which the parser checks.
    private mutating func mangledPath(_ path: String) -> String {
        guard let slash = path.firstIndex(of: "/") else { return path }
        let variable = chance(40) ? pick(Self.variables) : ""
        return path[...slash] + mangled(String(path[slash...].dropFirst()), variable)
    }

    /// A text with pieces replaced by wildcards and, somewhere, by `extra`.
    private mutating func mangled(_ text: String, _ extra: String) -> String {
        var characters = text.map(String.init)
        for _ in 0..<Int.random(in: 0...2, using: &random) where !characters.isEmpty {
            let start = Int.random(in: characters.indices, using: &random)
            let end = min(characters.count, start + Int.random(in: 0...6, using: &random))
            characters.replaceSubrange(start..<end, with: [pick(["*", "*", "?", "**"])])
        }
        if !extra.isEmpty {
            let start = Int.random(in: 0...characters.count, using: &random)
            let end = min(characters.count, start + pick([0, 5, 5]))
            characters.replaceSubrange(start..<end, with: [extra])
        }
        return characters.joined()
    }

    private static let plainOperators = [
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
        "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
        "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
        "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
        "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "Null",
    ]
    private static let numbers = ["10", "10.0", "-10", "9.5", "0", "1000", "1e3"]
    private static let dates = [
        "2026-11-21T00:00:00Z", "1795219200", "2026-11-21", "2024-02-29T23:59:59Z", "1709251199", "1970-01-01",
    ]
    private static let addresses = [
        "10.1.2.3", "10.1.2.3/8", "10.0.0.0/30", "11.0.0.1", "2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:0/32",
        "0.0.0.0/0", "2001:db9:0:0:0:0:0:1/127",
    ]

    private mutating func condition() -> (op: String, key: String, values: [String]) {
        let base = pick(Self.plainOperators)
        var name = base
        if name != "Null", chance(25) { name += "IfExists" }
        if chance(30) { name = pick(["ForAllValues:", "ForAnyValue:"]) + name }
        let key = pick(Self.keys)
        if chance(5) { return (name, key, []) }
        if key == "aws:SourceVpc", base.hasPrefix("String") {
            return (name, key, some(2) { $0.pick(["vpc-1", "vpc-*", "alice", "${a:x}"]) })
        }
        if key == "aws:SourceArn", chance(50) { return (pick(["ArnLike", "StringEquals"]), key, [Self.trail]) }
        if key == "aws:SourceIp", chance(50) { return ("IpAddress", key, some(2) { $0.pick(Self.addresses) }) }
        return (name, key, some(3) { $0.wanted(base) })
    }

    private mutating func wanted(_ name: String) -> String {
        switch name {
        case "Null", "Bool": return pick(["true", "false", "TRUE", name == "Bool" ? "${a:y}" : "true"])
        case "BinaryEquals": return pick(["AAEC", "QQ==", "alice", "${a:x}"])
        default: break
        }
        if name.hasPrefix("Numeric") { return pick(Self.numbers) }
        if name.hasPrefix("Date") { return pick(Self.dates) }
        if name.hasSuffix("IpAddress") { return pick(Self.addresses) }
        if name.hasPrefix("Arn") {
            if chance(15) { return pick(["*", "${a:x}", "arn:aws:s3", "arn:*"]) }
            let parts = pick(Self.resources).split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            return parts.map { mangled(String($0), chance(5) ? pick(Self.variables) : "") }.joined(separator: ":")
        }
        let text = pick(Self.texts)
        return chance(50) ? text : mangled(text, chance(60) ? pick(Self.variables) : "")
    }

    private mutating func value() -> String {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: pick(Self.numbers)
        case 1: pick(Self.dates)
        case 2: pick(Self.addresses.filter { !$0.contains("/") })
        case 3: pick(Self.resources)
        case 4: pick(["true", "False", "AAEC", "QQ=="])
        default: pick(Self.texts)
        }
    }
}
