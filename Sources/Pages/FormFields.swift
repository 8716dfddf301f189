package import Wire

/// Names and values that a browser sent.
package struct FormFields: Sendable {
    /// In the order in which they were sent.
    package let all: [(name: String, value: String)]

    package init(_ all: [(name: String, value: String)]) {
        self.all = all
    }

    /// The first value of a name; nil: there is none, or it is empty.
    package subscript(_ name: String) -> String? {
        all.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// The first value of a name, as it was typed; empty where there is none.
    package func text(_ name: String) -> String { all.first { $0.name == name }?.value ?? "" }

    /// All values of a name that are not empty, in their order.
    package func values(_ name: String) -> [String] {
        all.filter { $0.name == name && !$0.value.isEmpty }.map(\.value)
    }

    /// The fields whose names begin alike: the rest of the name, and the value.
    package func named(prefix: String) -> [(name: String, value: String)] {
        all.compactMap { name, value in
            name.hasPrefix(prefix) && !value.isEmpty ? (String(name.dropFirst(prefix.count)), value) : nil
        }
    }

    /// A number of a list, a place in it or a page: what is none, or beyond all sense, is cut down.
    package func number(_ name: String, most: Int = 1_000_000) -> Int? {
        self[name].flatMap { Int($0) }.map { min(max(0, $0), most) }
    }

    /// Whether a box is ticked.
    package func isOn(_ name: String) -> Bool { all.contains { $0.name == name } }
}

extension WireRequest {
    /// Whether it brings a form as browsers send it.
    package var isForm: Bool {
        header("content-type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
    }

    /// Whether it can only have been made by a page of this server's: what browsers say of it, if they say it.
    package var isSameOrigin: Bool {
        if let site = header("sec-fetch-site"), site != "same-origin", site != "none" { return false }
        guard let origin = header("origin") else { return true }
        guard let host = header("host"), let end = origin.firstRange(of: "://")?.upperBound else { return false }
        return origin[end...].lowercased() == host.lowercased()
    }

    /// The value of a cookie; nil: the browser sent none of that name.
    package func cookie(named name: String) -> String? {
        let wanted = name + "="
        for header in headers where header.name.lowercased() == "cookie" {
            for part in header.value.split(separator: ";") {
                let part = part.drop(while: { $0 == " " })
                if part.hasPrefix(wanted) { return String(part.dropFirst(wanted.count)) }
            }
        }
        return nil
    }

    /// Its `Host`, where it is a plain name or address, as a policy of contents can name it; nil: it is none.
    package var plainHost: String? {
        guard let host = header("host"), !host.isEmpty else { return nil }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isPlain ? host : nil
    }
}
