/// Whom assertions have to be meant for.
public enum SAMLReceiver: Sendable {
    /// AWS's sign-in, for roles of accounts. It can't tell whether it has asked for a response.
    /// - Parameters:
    ///   - providerID: AWS's id of the provider, which the provider's own sign-in addresses end with.
    ///   - ownAddress: where this server is reached; its path `/saml` stands for AWS's sign-in address.
    case aws(providerID: String?, ownAddress: String?)
    /// A service provider of its own, such as a user pool.
    /// - Parameters:
    ///   - entityID: the audience.
    ///   - addresses: where it takes responses.
    ///   - request: the `ID` of the request that it waits for an answer to; nil: it has asked for nothing, and what answers a
    ///     request is none of its.
    case serviceProvider(entityID: String, addresses: [String], request: String?)

    /// How long after its issuance an assertion is accepted, in seconds.
    var redeemableSeconds: Double {
        switch self {
        case .aws: SAMLVerifier.redeemableSeconds
        // "must have been issued within the previous 6 minutes": Cognito's guide, SAML session initiation.
        case .serviceProvider: 360
        }
    }

    func isMeant(by audience: String) -> Bool {
        switch self {
        case .aws: audience == "urn:amazon:webservices" || isSignInAddress(audience)
        case .serviceProvider(let entityID, _, _): audience == entityID
        }
    }

    /// A recipient as it is told on; nil: it is somebody else.
    func address(_ recipient: String) -> String? {
        switch self {
        case .aws:
            // Trust policies ask for AWS's address.
            isOwnAddress(recipient) ? SAMLVerifier.signInAddress : isSignInAddress(recipient) ? recipient : nil
        case .serviceProvider(_, let addresses, _): addresses.contains(recipient) ? recipient : nil
        }
    }

    /// SAML 2.0 Core, 3.2.2: a destination that is there has to be the place where the response came to.
    func takes(destination: String?) -> Bool {
        guard case .serviceProvider(_, let addresses, _) = self, let destination, !destination.isEmpty else {
            return true
        }
        return addresses.contains(destination)
    }

    /// Whether that is the request that it waits for an answer to.
    func awaits(_ request: String?) -> Bool {
        guard case .serviceProvider(_, _, let own) = self else { return true }
        return request == own
    }

    // MARK: AWS's addresses

    /// `https://signin.aws.amazon.com/saml`, a region's own, and the address of this provider behind either.
    private func isSignInAddress(_ text: String) -> Bool {
        if isOwnAddress(text) { return true }
        guard text.hasPrefix("https://") else { return false }
        let parts = text.dropFirst(8).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let host = parts.first, let path = parts.last else { return false }
        let domain = "signin.aws.amazon.com"
        let isHost =
            host == domain
            || (host.hasSuffix("." + domain)
                && host.dropLast(domain.count + 1).allSatisfy {
                    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
                })
        return isHost && isSignInPath(path)
    }

    private func isOwnAddress(_ text: String) -> Bool {
        guard case .aws(_, let ownAddress?) = self, text.hasPrefix(ownAddress + "/") else { return false }
        return isSignInPath(text.dropFirst(ownAddress.utf8.count + 1))
    }

    private func isSignInPath(_ path: Substring) -> Bool {
        guard case .aws(let providerID, _) = self else { return false }
        return path == "saml" || providerID.map { path == "saml/acs/\($0)" } ?? false
    }
}
