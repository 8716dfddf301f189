import Crypto
import Directory
import FoundationEssentials
import Platform
import Policy
import SAML
import STSAPI
import Wire

extension FederatedIdentity {
    /// What an assertion says to AWS, by the attributes that AWS defines.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html>
    ///
    /// The attribute `SessionDuration` speaks of console sessions; for this API `DurationSeconds` does.
    /// - Throws: InvalidIdentityToken; ExpiredTokenException.
    init(
        _ assertion: SAMLAssertion, of provider: SAMLProvider, assuming roleARN: String, _ call: Call
    ) throws(ServiceError) {
        let claims = SAMLClaims(attributes: assertion.attributes)
        guard claims.offers(role: roleARN, provider: provider.arn) else {
            throw .invalidIdentityToken(
                "SAML Assertion doesn't contain the requested Role and Metadata in the attributes")
        }
        self.init(
            provider: provider.arn, issuer: assertion.issuer, audience: assertion.recipient,
            subject: assertion.subject)
        sessionName = try claims.sessionName()
        sourceIdentity = try claims.sourceIdentity()
        (tags, transitiveTagKeys) = (try claims.tags(), claims.values("TransitiveTagKeys"))
        if let end = assertion.sessionNotOnOrAfter {
            guard end > call.clientTime else {
                throw STS.Failure.expiredTokenException("Response has expired")
            }
            longestSession = Int(min(end - call.clientTime, 43_200))
        }
        let type = SAMLClaims.subjectType(assertion.subjectFormat)
        let qualifier = SAMLClaims.nameQualifier(issuer: assertion.issuer, provider)
        (subjectType, nameQualifier) = (type, qualifier)

        trustContext = claims.mappedContext
        trustContext["saml:aud"] = .one(assertion.recipient)
        trustContext["saml:iss"] = .one(assertion.issuer)
        trustContext["saml:doc"] = .one("\(provider.accountID)/\(provider.name)")
        context["saml:sub"] = .one(assertion.subject)
        context["saml:sub_type"] = .one(type)
        context["saml:namequalifier"] = .one(qualifier)
    }
}

/// The attributes of an assertion, as AWS reads them.
struct SAMLClaims {
    let attributes: [String: [String]]

    private static let prefix = "https://aws.amazon.com/SAML/Attributes/"
    /// The attribute of the roles that are offered.
    static let role = prefix + "Role"

    func values(_ name: String) -> [String] {
        attributes[Self.prefix + name] ?? []
    }

    /// Whether one of the values of `Role` is the pair of the two ARNs, in either order.
    func offers(role: String, provider: String) -> Bool {
        values("Role").contains { value in
            let pair = value.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.drop { $0 == " " }.prefix { $0 != " " }
            }
            return pair.count == 2 && (pair == [role[...], provider[...]] || pair == [provider[...], role[...]])
        }
    }

    /// - Throws: InvalidIdentityToken.
    func sessionName() throws(ServiceError) -> String {
        let names = values("RoleSessionName")
        guard names.count == 1, let name = names.first, !name.isEmpty else {
            throw .invalidIdentityToken("RoleSessionName is required in AuthnResponse")
        }
        guard Self.isName(name) else {
            throw .invalidIdentityToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
        }
        return name
    }

    /// - Throws: InvalidIdentityToken.
    func sourceIdentity() throws(ServiceError) -> String? {
        let identities = values("SourceIdentity")
        guard let identity = identities.first else { return nil }
        guard identities.count == 1, Self.isName(identity), !identity.lowercased().hasPrefix("aws:") else {
            throw .invalidIdentityToken(
                "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"")
        }
        return identity
    }

    /// The session tags: one attribute each, with one value.
    /// - Throws: InvalidIdentityToken.
    func tags() throws(ServiceError) -> [Tag] {
        var tags: [Tag] = []
        for (name, values) in attributes.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(Self.prefix + "PrincipalTag:") else { continue }
            let key = String(name.dropFirst(Self.prefix.count + "PrincipalTag:".count))
            guard values.count == 1, let value = values.first, (1...128).contains(key.unicodeScalars.count),
                value.unicodeScalars.count <= 256
            else { throw .invalidIdentityToken("The PrincipalTag attribute \(key) is invalid") }
            tags.append(Tag(key: key, value: value))
        }
        return tags
    }

    private static func isName(_ text: String) -> Bool {
        (2...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || "_+=,.@-".utf8.contains($0)
            }
    }

    // MARK: - Names of the subject

    /// SAML 2.0's own formats by their last part, others as they are.
    static func subjectType(_ format: String?) -> String {
        let prefix = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
        guard let format else { return "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" }
        return format.hasPrefix(prefix) ? String(format.dropFirst(prefix.count)) : format
    }

    /// AWS defines it by SHA-1. Nothing is proved by it.
    static func nameQualifier(issuer: String, _ provider: SAMLProvider) -> String {
        let text = "\(issuer)\(provider.accountID)/\(provider.name)"
        return Data(Insecure.SHA1.hash(data: Data(text.utf8))).base64EncodedString()
    }

    // MARK: - Condition keys

    /// The condition keys that AWS makes of attributes with well-known names.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html#saml-attribute-mapping>
    var mappedContext: [String: ContextValue] {
        var context: [String: ContextValue] = [:]
        for (name, values) in attributes {
            guard let first = values.first else { continue }
            let name = name.hasPrefix("urn:oid:") ? String(name.dropFirst(8)) : name
            if let key = Self.singleKeys[name] { context["saml:" + key] = .one(first) }
            if let key = Self.multipleKeys[name] { context["saml:" + key] = .many(values) }
        }
        return context
    }

    /// Keys with one value.
    private static let singleKeys = table(
        """
        1.3.6.1.4.1.5923.1.1.1.3 edupersonorgdn
        1.3.6.1.4.1.5923.1.1.1.5 edupersonprimaryaffiliation
        1.3.6.1.4.1.5923.1.1.1.6 edupersonprincipalname
        1.3.6.1.4.1.5923.1.1.1.8 edupersonprimaryorgunitdn
        http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name name
        http://schemas.xmlsoap.org/claims/CommonName commonname
        http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname givenname
        http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname surname
        http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress mail
        http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid primarygroupsid
        2.5.4.3 commonname
        2.5.4.4 surname
        2.5.4.42 givenname
        2.5.4.45 x500uniqueidentifier
        0.9.2342.19200300.100.1.1 uid
        0.9.2342.19200300.100.1.3 mail
        0.9.2342.19200300.100.1.45 organizationstatus
        """)

    /// Keys with many.
    private static let multipleKeys = table(
        """
        1.3.6.1.4.1.5923.1.1.1.1 edupersonaffiliation
        1.3.6.1.4.1.5923.1.1.1.2 edupersonnickname
        1.3.6.1.4.1.5923.1.1.1.4 edupersonorgunitdn
        1.3.6.1.4.1.5923.1.1.1.7 edupersonentitlement
        1.3.6.1.4.1.5923.1.1.1.9 edupersonscopedaffiliation
        1.3.6.1.4.1.5923.1.1.1.10 edupersontargetedid
        1.3.6.1.4.1.5923.1.1.1.11 edupersonassurance
        1.3.6.1.4.1.5923.1.2.1.2 eduorghomepageuri
        1.3.6.1.4.1.5923.1.2.1.3 eduorgidentityauthnpolicyuri
        1.3.6.1.4.1.5923.1.2.1.4 eduorglegalname
        1.3.6.1.4.1.5923.1.2.1.5 eduorgsuperioruri
        1.3.6.1.4.1.5923.1.2.1.6 eduorgwhitepagesuri
        2.5.4.3 cn
        """)

    private static func table(_ lines: String) -> [String: String] {
        var table: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ")
            if let name = words.first, let key = words.last { table[String(name)] = String(key) }
        }
        return table
    }
}
