public import Directory
public import Wire

/// Whose calls are looked for in the event history: a user; a role, with all its sessions; one session; or a root user.
public struct RecordedPrincipal: Sendable {
    /// Its ARN.
    public let arn: ARN
    /// What the event history calls a user; nil for anybody else.
    public let userName: String?

    /// - Throws: ``NoPrincipal`` for what is no principal's ARN.
    public init(_ text: String) throws(NoPrincipal) {
        let advice =
            "give its whole ARN, such as arn:aws:iam::111122223333:user/alice or arn:aws:iam::111122223333:role/app"
        guard let arn = ARN(parsing: text), arn.account.utf8.count == 12 else {
            throw NoPrincipal(description: "'\(text)' is no principal: \(advice).")
        }
        let kinds = arn.service == "iam" ? ["user/", "role/"] : ["assumed-role/", "federated-user/"]
        guard
            ["iam", "sts"].contains(arn.service),
            arn.resource == "root" && arn.service == "iam" || kinds.contains(where: arn.resource.hasPrefix)
        else {
            throw NoPrincipal(description: "'\(text)' is neither a user nor a role, nor a session of one: \(advice).")
        }
        self.arn = arn
        userName = arn.resource.hasPrefix("user/") ? arn.resource.split(separator: "/").last.map(String.init) : nil
    }

    /// Why a text is no principal.
    public struct NoPrincipal: Error, Sendable, CustomStringConvertible {
        /// What is wrong with it, and what would do.
        public let description: String
    }

    /// The name of the user or role.
    private var name: String { String(arn.resource.split(separator: "/").last ?? "") }

    /// Whether the bytes of an event could be of one of its calls: most are of others, and to read them takes long.
    func isMentioned(in body: [UInt8]) -> Bool {
        let needle = Array(arn.description.utf8)
        guard let first = needle.first, body.count >= needle.count else { return false }
        var rest = body[...]
        while let start = rest.firstIndex(of: first), start + needle.count <= body.count {
            if body[start..<start + needle.count].elementsEqual(needle) { return true }
            rest = body[(start + 1)...]
        }
        return false
    }

    /// Whether the principal made a call: by itself, or as a session of the role.
    func isCaller(in record: JSONValue) -> Bool {
        let identity = record["userIdentity"]
        let arn = JSONValue.string(arn.description)
        return identity?["arn"] == arn || identity?["sessionContext"]?["sessionIssuer"]?["arn"] == arn
    }

    /// Whether there is such a principal.
    public func exists(in directory: IdentityDirectory) -> Bool {
        let parts = arn.resource.split(separator: "/")
        switch parts.first {
        case "root": return directory.account(arn.account) != nil
        case "user": return directory.user(named: name, in: arn.account)?.arn == arn.description
        case "role": return directory.role(named: name, in: arn.account)?.arn == arn.description
        case "assumed-role": return parts.count > 1 && directory.role(named: String(parts[1]), in: arn.account) != nil
        default: return false
        }
    }
}
