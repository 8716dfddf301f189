import Pages
import Platform
import Wire

/// A browser's request: its path in segments, its form, its cookies.
struct WebRequest: Sendable {
    let arrival: SiteRequest
    /// The decoded segments of the path below ``Console/root``: `["users", "ann"]`.
    let segments: [String]
    /// The parameters of the address.
    let query: FormFields
    /// The fields of the form that was posted; empty for anything else.
    let form: FormFields

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
        self.query = FormFields(query)
        guard request.method == "POST", request.isForm else {
            form = FormFields([])
            return
        }
        request.body = body
        request.query = ""
        guard let form = try? request.parameters else { return nil }
        self.form = FormFields(form)
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
        arrival.request.cookie(named: Cookie.fullName(name, isSecure: isSecure))
    }

    /// Whether the request can only have been made by a page of this server's.
    var isSameOrigin: Bool { arrival.request.isSameOrigin }

    /// From where the calls come that are made for it.
    var source: Call.Source {
        var source = Call.Source(
            address: arrival.address, userAgent: header("user-agent"), host: header("host"), tls: arrival.tls)
        source.isOfConsole = true
        return source
    }
}
