import FoundationEssentials
import Wire

/// What a token says of itself before anything is proved, read so that jwt-kit may read it after that: its own reader of headers
/// traps on numbers that no `Int` can hold, and nothing that we take has a number there.
struct UnprovedHeader {
    private let members: [String: ClaimValue]

    /// nil: the header can't be read, or has a number.
    init?(of token: String) {
        guard let bytes = Base64URL.decode(String(token.prefix { $0 != "." })),
            let header = try? JSONDecoder().decode(Members.self, from: Data(bytes)),
            !header.all.values.contains(where: Self.hasNumber)
        else { return nil }
        members = header.all
    }

    subscript(_ member: String) -> ClaimValue? { members[member] }

    private static func hasNumber(_ value: ClaimValue) -> Bool {
        switch value {
        case .number, .largeInteger: true
        case .array(let values): values.contains(where: hasNumber)
        case .object(let members): members.values.contains(where: hasNumber)
        case .string, .boolean, .null: false
        }
    }

    /// Of two members of one name, that one which jwt-kit sees: it asks a keyed container, too.
    private struct Members: Decodable {
        let all: [String: ClaimValue]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            var all: [String: ClaimValue] = [:]
            for name in container.allKeys {
                all[name.stringValue] = try container.decode(ClaimValue.self, forKey: name)
            }
            self.all = all
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }
}
