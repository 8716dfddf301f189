import CognitoIDPAPI
import Crypto
import FoundationEssentials
import Platform
import Policy
import Wire

/// Where a user is, and on what: as far as the request and the app tell it.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-viewing-threat-protection-app.html>
struct Surroundings: Codable, Sendable, Equatable {
    var address: String?
    /// What the device is told from others by; nil: the app says nothing of it.
    var device: String?
    /// For people: `Mozilla/5.0 …`
    var deviceName: String?
    /// `-07:00`
    var timezone: String?
    /// Whether the app has told anything.
    var isTold = false

    /// - Parameters:
    ///   - context: `UserContextData` or `ContextData`: see ``SignInRequest/context``.
    ///   - mayNameAddress: whether an address in it counts, and not the request's own.
    init(_ call: Call, context: [String: String], mayNameAddress: Bool) {
        let told = mayNameAddress ? context["IpAddress"].flatMap { Self.isAddress($0) ? $0 : nil } : nil
        address = told ?? call.source.address
        if let encoded = context["EncodedData"], let facts = Self.facts(encoded) {
            isTold = true
            let name = facts.text("DeviceName") ?? facts.text("UserAgent") ?? facts.text("DevicePlatform")
            deviceName = name.map(Self.cut)
            timezone = facts.text("ClientTimezone").map(Self.cut)
            let identity = facts.text("DeviceId") ?? facts.text("DeviceFingerprint") ?? name
            device = identity.map(Self.fingerprint)
        } else if let agent = context["UserAgent"] {
            deviceName = Self.cut(agent)
            device = Self.fingerprint(agent)
        }
    }

    init(address: String?, device: String? = nil) {
        self.address = address
        self.device = device
    }

    private static func isAddress(_ text: String) -> Bool {
        !text.contains("/") && AddressRange(Array(text.utf8).span) != nil
    }

    /// For logs and lists.
    private static func cut(_ text: String) -> String { String(decoding: text.utf8.prefix(80), as: UTF8.self) }

    private static func fingerprint(_ text: String) -> String {
        Base64URL.encode(Array(SHA256.hash(data: Array(text.utf8)).prefix(12)))
    }

    /// What a library of AWS's has collected. Its signature is by the app client's id, and so proves nothing.
    private static func facts(_ encoded: String) -> Wire.JSONValue? {
        guard encoded.utf8.count <= 16_384, let outer = Base64.decode(encoded.utf8),
            let json = try? Wire.JSONValue(parsing: outer), case .string(let payload)? = json["payload"],
            let inner = try? Wire.JSONValue(parsing: Array(payload.utf8)), let facts = inner["contextData"],
            case .object = facts
        else { return nil }
        return facts
    }

    /// The network that the address is in: a company's or a household's; nil: there is no address.
    var network: String? { network(24, 48) }

    /// The network that a provider has.
    var region: String? { network(16, 32) }

    private func network(_ length4: Int, _ length6: Int) -> String? {
        guard let address else { return nil }
        let length = address.contains(":") ? length6 : length4
        guard let range = AddressRange(Array("\(address)/\(length)".utf8).span) else { return nil }
        return "\(range.isVersion6 ? 6 : 4)/\(String(range.high, radix: 16)).\(String(range.low, radix: 16))"
    }

    /// Whether the address is in one of some ranges.
    func isIn(_ ranges: [String]) -> Bool {
        guard let address, let own = AddressRange(Array(address.utf8).span) else { return false }
        return ranges.contains { AddressRange(Array($0.utf8).span)?.contains(own) ?? false }
    }
}

extension Wire.JSONValue {
    fileprivate func text(_ name: String) -> String? {
        if case .string(let text)? = self[name], !text.isEmpty { text } else { nil }
    }
}

extension CognitoIDP.UserContextDataType {
    /// As ``SignInRequest/context`` has it.
    var facts: [String: String] {
        [("IpAddress", ipAddress), ("EncodedData", encodedData)].reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
}

extension CognitoIDP.ContextDataType {
    /// As ``SignInRequest/context`` has it.
    var facts: [String: String] {
        let agent = httpHeaders.first { $0.headerName?.lowercased() == "user-agent" }?.headerValue
        return [("IpAddress", ipAddress), ("EncodedData", encodedData), ("UserAgent", agent)].reduce(into: [:]) {
            $0[$1.0] = $1.1
        }
    }
}

extension Call {
    /// The surroundings of a user who asks by an app client without a signature.
    ///
    /// Only a client with a secret, which no app on a user's device has, may say what the user's address is.
    func surroundings(_ context: CognitoIDP.UserContextDataType?, of client: ClientEntry) -> Surroundings {
        Surroundings(self, context: context?.facts ?? [:], mayNameAddress: client.mayNameAddresses)
    }
}

extension ClientEntry {
    /// Whether the client may say at what address its user is.
    var mayNameAddresses: Bool {
        settings.enablePropagateAdditionalUserContextData == true && !client.secrets.isEmpty
    }
}
