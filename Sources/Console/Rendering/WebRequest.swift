import Platform
import Wire

/// A browser's request: its path in segments, its form, its cookies.
struct WebRequest: Sendable {
    let arrival: SiteRequest
    /// The decoded segments of the path below ``Console/root``: `["users", "ann"]`.
    let segments: [String]
    /// The parameters of the address.
    let query: Fields
    /// The fields of the form that was posted; empty for anything else.
    let form: Fields

    /// Whether the browser's connection is encrypted.
    let isSecure: Bool

    /// nil: the request can't be read.
    init?(_ arrival: SiteRequest, isSecure: Bool) {
        self.isSecure = isSecure
        var request = arrival.request
        if request.path.hasPrefix(Console.root) {
            // A slash within a name is encoded, and is no separator.
            let path = request.path.dropFirst(Console.root.utf8.count)
            segments = path.split(separator: "/").map { $0.percentDecoded ?? "" }
            guard segments.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }) else { return nil }
        } else {
            segments = []
        }
        self.arrival = arrival
        let body = request.body
        request.body = []
        guard let query = try? request.parameters else { return nil }
        self.query = Fields(query)
        guard request.method == "POST", request.isForm else {
            form = Fields([])
            return
        }
        request.body = body
        request.query = ""
        guard let form = try? request.parameters else { return nil }
        self.form = Fields(form)
    }

    var method: String { arrival.request.method }
    /// The path with the query, as the browser would have to be sent to it again.
    var target: String {
        let request = arrival.request
        return request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
    }

    func header(_ lowercasedName: String) -> String? { arrival.request.header(lowercasedName) }

    /// The value of a cookie of the console's; nil: the browser sent none.
    func cookie(_ name: String) -> String? {
        let wanted = Cookie.fullName(name, isSecure: isSecure) + "="
        for header in arrival.request.headers where header.name.lowercased() == "cookie" {
            for part in header.value.split(separator: ";") {
                let part = part.drop(while: { $0 == " " })
                if part.hasPrefix(wanted) { return String(part.dropFirst(wanted.count)) }
            }
        }
        return nil
    }

    /// Whether the request can only have been made by a page of this server's: what browsers say of it, if they say it.
    var isSameOrigin: Bool {
        if let site = header("sec-fetch-site"), site != "same-origin", site != "none" { return false }
        guard let origin = header("origin") else { return true }
        guard let host = header("host"), let end = origin.firstRange(of: "://")?.upperBound else { return false }
        return origin[end...].lowercased() == host.lowercased()
    }

    /// From where the calls come that are made for it.
    var source: Call.Source {
        var source = Call.Source(
            address: arrival.address, userAgent: header("user-agent"), host: header("host"), tls: arrival.tls)
        source.isOfConsole = true
        return source
    }
}

/// Names and values that a browser sent.
struct Fields: Sendable {
    private let all: [(name: String, value: String)]

    init(_ all: [(name: String, value: String)]) {
        self.all = all
    }

    /// The first value of a name; nil: there is none, or it is empty.
    subscript(_ name: String) -> String? {
        all.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// The first value of a name, as it was typed; empty where there is none.
    func text(_ name: String) -> String { all.first { $0.name == name }?.value ?? "" }

    /// All values of a name that are not empty, in their order.
    func values(_ name: String) -> [String] { all.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }

    /// The fields whose names begin alike: the rest of the name, and the value.
    func named(prefix: String) -> [(name: String, value: String)] {
        all.compactMap { name, value in
            name.hasPrefix(prefix) && !value.isEmpty ? (String(name.dropFirst(prefix.count)), value) : nil
        }
    }

    /// A number of a list, a place in it or a page: what is none, or beyond all sense, is cut down.
    func number(_ name: String, most: Int = 1_000_000) -> Int? {
        self[name].flatMap { Int($0) }.map { min(max(0, $0), most) }
    }

    /// Whether a box is ticked.
    func isOn(_ name: String) -> Bool { all.contains { $0.name == name } }
}

extension WireRequest {
    /// Whether it brings a form as browsers send it.
    var isForm: Bool {
        header("content-type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
    }
}
