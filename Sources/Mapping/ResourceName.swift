import Wire

/// Why it can't be worked out what a request asks for.
struct MappingFailure: Error, Equatable {
    let reason: String
}

/// A resource as a member gives it: by name, or by its ARN.
struct ResourceName: Sendable, Equatable {
    /// The name, or the whole ARN.
    var text: String
    /// Where the resource is, if the member says so and it is not an ARN.
    var region: String?
    var account: String?
    /// What is left to look up.
    var gap: MappedAccess.Gap?
    /// Whether `text` is an ARN.
    var isARN: Bool { ARNText.isMeant(text) }

    /// A name that stands in the mapping itself.
    init(literal text: String) { self.text = text }

    /// Reads a member's value.
    /// - Parameters:
    ///   - qualifier: the input's member `Qualifier`, for functions.
    /// - Returns: nil for what a filter leaves out.
    /// - Throws: for what can't be a name, or could be another resource's than it seems.
    init?(_ value: String, _ filters: [NameFilter], qualifier: String?) throws(MappingFailure) {
        text = value
        var allowsSlashes = false
        var allowsColons = false
        for filter in filters {
            switch filter {
            case .tail: try takeTail()
            case .lower: if !isARN { text = text.lowercased() }
            case .path: allowsSlashes = true
            case .slashes:
                allowsSlashes = true
                if text.utf8.first == UInt8(ascii: "/") { text.removeFirst() }
            case .colons: allowsColons = true
            case .withoutVersion:
                // An ARN has five colons before the name.
                let parts = text.split(separator: ":", omittingEmptySubsequences: false)
                text = parts.prefix(isARN ? 6 : 1).joined(separator: ":")
            case .unqualified:
                let parts = text.split(separator: ":", omittingEmptySubsequences: false)
                if isARN { text = parts.prefix(7).joined(separator: ":") }
            case .qualifier:
                guard let qualifier = Self.qualifier(of: text) else { return nil }
                text = qualifier
            case .document:
                let begin = text.prefix(6).lowercased()
                if !isARN, begin.hasPrefix("aws") || begin.hasPrefix("amazon") || begin.hasPrefix("amzn") {
                    account = ""
                }
            case .instance, .managed:
                let isManaged = text.hasPrefix("mi-")
                guard isManaged || text.hasPrefix("i-") else {
                    throw MappingFailure(reason: "\"\(text)\" is neither an instance of EC2 nor a managed node")
                }
                if isManaged != (filter == .managed) { return nil }
            case .bus: if try takeBus() { return }
            case .ec2: try readEC2()
            case .onlyARN: if !isARN { return nil }
            case .function, .plainFunction:
                try readFunction(qualifier: filter == .function ? qualifier : nil, keepsQualifier: filter == .function)
                allowsColons = true
            case .secret:
                try readSecret()
                allowsSlashes = true
            case .source: try readSource()
            }
        }
        if isARN || filters.contains(.bus) || filters.contains(.ec2) { return }
        try Self.check(text, allowsSlashes: allowsSlashes, allowsColons: allowsColons)
    }

    /// Refuses names that could mean another resource than the ARN that is made of them says.
    static func check(_ name: String, allowsSlashes: Bool, allowsColons: Bool) throws(MappingFailure) {
        let bytes = name.utf8
        guard !bytes.isEmpty else { throw MappingFailure(reason: "the name of a resource is empty") }
        guard bytes.count <= 2_048, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), bytes.first != 0x20,
            bytes.last != 0x20
        else { throw MappingFailure(reason: "the name of a resource has characters that no name has, or is too long") }
        guard !bytes.contains(UInt8(ascii: "*")), !bytes.contains(UInt8(ascii: "?")) || name.hasSuffix(secretSuffix)
        else {
            throw MappingFailure(reason: "the name of a resource has wildcards")
        }
        if !allowsSlashes {
            guard !bytes.contains(UInt8(ascii: "/")) else {
                throw MappingFailure(reason: "the name of a resource has a slash")
            }
            // What servers take for the end of a path, or read as something else.
            guard !bytes.contains(where: { Self.misread.contains($0) }) else {
                throw MappingFailure(reason: "the name of a resource has a #, %, ; or \\")
            }
        }
        guard !name.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == "." || $0 == ".." })
        else { throw MappingFailure(reason: "the name of a resource is a relative path") }
        guard allowsColons || !bytes.contains(UInt8(ascii: ":")) else {
            throw MappingFailure(reason: "the name of a resource has a colon")
        }
    }

    /// The version or alias at the end of a state machine's ARN.
    static func qualifier(of text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 8 ? String(parts[7]) : nil
    }

    private static let misread: [UInt8] = [0x23, 0x25, 0x3B, 0x5C]

    // MARK: Filters

    /// `https://sqs.us-east-1.amazonaws.com/111122223333/orders`, or `orders` alone.
    private mutating func takeTail() throws(MappingFailure) {
        if isARN { return }
        // Whoever reads it as a URL finds another name before a `?`, `#` or `;`.
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, !last.isEmpty,
            text.utf8.allSatisfy({ MappingWords.isNameByte($0) || $0 == UInt8(ascii: ".") }),
            !parts.contains(where: { $0 == "." || $0 == ".." })
        else { throw MappingFailure(reason: "the URL of a resource does not end in its name") }
        if parts.count > 1 {
            let before = parts[parts.count - 2]
            if before.utf8.count == 12, before.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                account = String(before)
            }
        }
        // Some servers take the region from there, too: from the host, or from a path such as /queue/us-east-1/111122223333/orders.
        for label in parts.dropLast(2).flatMap({ $0.split(separator: ".") }) where Self.isRegion(label) {
            guard region == nil || region == String(label) else {
                throw MappingFailure(reason: "the URL of a resource has two regions")
            }
            region = String(label)
        }
        text = String(last)
    }

    /// Whether a word is made like a region's name: `us-east-1`, `us-gov-west-1`.
    private static func isRegion(_ word: Substring) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 2, let last = parts.last, !last.isEmpty,
            last.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        return parts.dropFirst().dropLast().allSatisfy { directions.contains(String($0)) }
    }

    private static let directions: Set<String> = [
        "central", "east", "gov", "iso", "isob", "isoe", "isof", "north", "northeast", "northwest", "south",
        "southeast",
        "southwest", "west",
    ]

    /// The forms that Lambda takes: `name`, `account:function:name`, `region:account:function:name` and ARNs, each with
    /// `:qualifier` or without.
    ///
    /// AWS: `FunctionName` of "Invoke", https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    private mutating func readFunction(qualifier: String?, keepsQualifier: Bool) throws(MappingFailure) {
        let unclear = MappingFailure(reason: "the function's name is of none of the forms that Lambda takes")
        var own: String?
        if isARN {
            guard let arn = ARNText(text), arn.service == "lambda" else { throw unclear }
            let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2 || parts.count == 3, parts[0] == "function", parts.allSatisfy({ !$0.isEmpty }) else {
                throw unclear
            }
            if parts.count == 3 { own = String(parts[2]) }
            text = "arn:\(arn.partition):lambda:\(arn.region):\(arn.account):function:\(parts[1])"
        } else {
            var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
            guard parts.allSatisfy({ !$0.isEmpty }) else { throw unclear }
            if let function = parts.firstIndex(of: "function"), parts.count > function + 1, function <= 2 {
                let before = parts[..<function]
                parts = parts[(function + 1)...]
                for part in before {
                    if part.utf8.count == 12, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), account == nil {
                        account = String(part)
                    } else if account == nil, region == nil, part.utf8.contains(UInt8(ascii: "-")) {
                        region = String(part)
                    } else {
                        throw unclear
                    }
                }
            }
            guard let name = parts.first, parts.count <= 2 else { throw unclear }
            text = String(name)
            if parts.count == 2, let last = parts.last { own = String(last) }
        }
        if let qualifier, !qualifier.isEmpty {
            guard own == nil || own == qualifier else {
                throw MappingFailure(reason: "the function's name has another qualifier than the member Qualifier")
            }
            own = qualifier
        }
        guard keepsQualifier, let own else { return }
        guard own.utf8.allSatisfy({ MappingWords.isLetterOrDigit($0) || [0x24, 0x2D, 0x5F, 0x2E].contains($0) }) else {
            throw unclear
        }
        text += ":" + own
    }

    /// - Returns: whether it is the default bus, of which no name stands in the ARNs of rules.
    private mutating func takeBus() throws(MappingFailure) -> Bool {
        if isARN {
            guard let arn = ARNText(text), arn.service == "events", arn.resource.hasPrefix("event-bus/"),
                !arn.region.isEmpty,
                !arn.account.isEmpty
            else {
                throw MappingFailure(reason: "the ARN \(text) is none of an event bus")
            }
            region = String(arn.region)
            account = String(arn.account)
            text = String(arn.resource.dropFirst("event-bus/".count))
        }
        try Self.check(text, allowsSlashes: true, allowsColons: false)
        guard text == "default" else { return false }
        text = ""
        return true
    }

    private static let secretSuffix = "-??????"

    /// A secret's name, its whole ARN, or its ARN without the six characters that Secrets Manager adds.
    ///
    /// AWS: "Secrets Manager: SecretId", https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
    private mutating func readSecret() throws(MappingFailure) {
        guard isARN else {
            // The secret's own name may have whatever a path has.
            try Self.check(text, allowsSlashes: true, allowsColons: false)
            guard !text.utf8.contains(UInt8(ascii: "?")) else {
                throw MappingFailure(reason: "the name of a resource has wildcards")
            }
            text += Self.secretSuffix
            gap = .secretSuffix
            return
        }
        let suffix = text.utf8.suffix(7)
        guard suffix.count == 7, suffix.first == UInt8(ascii: "-"),
            suffix.dropFirst().allSatisfy(MappingWords.isLetterOrDigit)
        else {
            guard ARNText(text) != nil, !text.utf8.contains(UInt8(ascii: "?")) else {
                throw MappingFailure(reason: "the secret's ARN is not well-formed")
            }
            text += Self.secretSuffix
            gap = .secretSuffix
            return
        }
    }

    /// The queue in the handle of a message move task, which is `{"taskId": …, "sourceArn": …}` in base 64.
    ///
    /// AWS: "StartMessageMoveTask", https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    private mutating func readSource() throws(MappingFailure) {
        guard text.utf8.count <= 8_192, let bytes = Base64.decode(text.utf8),
            case .object(let members)? = try? JSONValue(parsing: bytes, depthLimit: 4),
            case .string(let arn)? = members.first(where: { $0.key == "sourceArn" })?.value, ARNText(arn) != nil
        else { throw MappingFailure(reason: "the handle does not say which resource it is of") }
        text = arn
    }
}
