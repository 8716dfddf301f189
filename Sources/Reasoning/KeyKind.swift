/// What values a condition key can have in a request.
///
/// The engine reads any text for any key; a request of AWS's does not. Which questions have a witness depends on it:
/// `aws:SecureTransport` is "true" or "false", so what an Allow for each of the two covers is all.
public struct KeyKind: Sendable, Hashable {
    /// The texts that a value can be.
    public enum Values: Sendable, Hashable {
        /// Any text.
        case text
        /// "true" and "false".
        case boolean
        /// Numbers.
        case number
        /// Points in time.
        case date
        /// Single addresses.
        case address
    }

    /// How many values there are.
    public enum Count: Sendable, Hashable {
        /// One, or none.
        case one
        /// Any number.
        case many
        /// Not known: requests with one value and requests with several are looked at.
        case either
    }

    public var values: Values
    public var count: Count

    /// Makes a kind.
    public init(_ values: Values, _ count: Count) {
        self.values = values
        self.count = count
    }

    /// What is not known of a key: all that the engine can read.
    public static let any = KeyKind(.text, .either)
}

extension KeyKind {
    /// The kind of one of AWS's global keys; nil for any other key.
    ///
    /// AWS: "AWS global condition context keys", `reference_policies_condition-keys.html`.
    /// - Parameter key: in lower case.
    public static func global(_ key: String) -> KeyKind? {
        if let kind = globals[key] { return kind }
        let isTag = ["aws:principaltag/", "aws:resourcetag/", "aws:requesttag/"].contains { key.hasPrefix($0) }
        return isTag ? KeyKind(.text, .one) : nil
    }

    private static let globals: [String: KeyKind] = {
        var kinds: [String: KeyKind] = [:]
        let texts = """
            principalaccount principalarn principalorgid principalservicename principaltype userid username \
            federatedprovider sourceidentity ec2instancesourceprivateipv4 sourcevpc sourcevpcarn sourcevpce \
            vpceaccount vpceorgid resourceaccount resourceorgid requestedregion sourceaccount sourcearn sourceorgid \
            sourceowner referer useragent calledviafirst calledvialast assumedroot ec2instancesourcevpc \
            signinsessionarn
            """
        for name in texts.split(separator: " ") { kinds["aws:" + name] = KeyKind(.text, .one) }
        for name in [
            "calledvia", "principalorgpaths", "principalservicenameslist", "resourceorgpaths", "sourceorgpaths",
            "tagkeys", "vpceorgpaths",
        ] {
            kinds["aws:" + name] = KeyKind(.text, .many)
        }
        for name in ["multifactorauthpresent", "principalisawsservice", "securetransport", "viaawsservice"] {
            kinds["aws:" + name] = KeyKind(.boolean, .one)
        }
        kinds["aws:multifactorauthage"] = KeyKind(.number, .one)
        for name in ["currenttime", "tokenissuetime"] { kinds["aws:" + name] = KeyKind(.date, .one) }
        // Seconds, which policies compare with numbers as well as with dates.
        kinds["aws:epochtime"] = KeyKind(.text, .one)
        for name in ["sourceip", "vpcsourceip"] { kinds["aws:" + name] = KeyKind(.address, .one) }
        return kinds
    }()
}
