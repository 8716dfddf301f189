public import Policy

extension Principal {
    /// Reads a caller from text.
    ///
    /// | Text | Caller |
    /// |---|---|
    /// | `arn:aws:iam::111122223333:user/alice` | a user; likewise role, role session, federated user and root user |
    /// | `111122223333` | the account's root user |
    /// | `ec2.amazonaws.com` | the service |
    /// | `*` | anonymous |
    ///
    /// The ARN of a session lacks the path of its role, so the role's own ARN is taken from `principalARN`, the
    /// request's `aws:PrincipalArn`, where that names such a role.
    ///
    /// - Throws: ``SimulationError`` for any other text, with a list of what it could be.
    public init(simulating text: String, principalARN: String? = nil) throws(SimulationError) {
        if text == "*" {
            self.init(kind: .anonymous)
            return
        }
        if text.isAccountID {
            self.init(kind: .root, arn: "arn:aws:iam::\(text):root", accountID: text)
            return
        }
        guard text.hasPrefix("arn:") else {
            guard text.contains("."), !text.contains(":") else { throw Self.unknown(text) }
            self.init(kind: .service, service: text)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[3].isEmpty, parts[4].isAccountID else { throw Self.unknown(text) }
        let account = parts[4]
        let names = parts[5].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else { throw Self.unknown(text) }
        switch (parts[2], names[0], names.count) {
        case ("iam", "root", 1):
            self.init(kind: .root, arn: text, accountID: account)
        case ("iam", "user", 2...):
            self.init(kind: .user, arn: text, accountID: account)
        case ("iam", "role", 2...):
            self.init(kind: .role, arn: text, accountID: account, isServiceLinkedRole: names[1] == "aws-service-role")
        case ("sts", "assumed-role", 3):
            let prefix = "arn:\(parts[1]):iam::\(account):role/"
            var role = prefix + names[1]
            if let principalARN, principalARN.hasPrefix(prefix), principalARN.hasSuffix("/" + names[1]) {
                role = principalARN
            }
            self.init(
                kind: .roleSession, arn: text, accountID: account, roleARN: role,
                isServiceLinkedRole: role.hasPrefix(prefix + "aws-service-role/"))
        case ("sts", "federated-user", 2):
            self.init(kind: .federatedUser, arn: text, accountID: account)
        default: throw Self.unknown(text)
        }
    }

    /// Somebody whom an identity provider vouches for, calling AssumeRoleWithSAML or AssumeRoleWithWebIdentity.
    /// - Parameter provider: a SAML provider's ARN, or an OIDC provider's ARN or name.
    public init(simulatingFederatedBy provider: String) {
        self.init(kind: provider.contains(":saml-provider/") ? .saml : .webIdentity, arn: provider)
    }

    private static func unknown(_ text: String) -> SimulationError {
        SimulationError(
            "\"\(text)\" is no principal: give the ARN of a user, role, role session, federated user or root user, an "
                + "account's id, a service's name, or * for an anonymous caller")
    }
}

extension String {
    fileprivate var isAccountID: Bool { utf8.count == 12 && utf8.allSatisfy { (0x30...0x39).contains($0) } }
}
