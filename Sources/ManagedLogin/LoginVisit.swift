import CognitoIDPService
import Pages
import Platform
import Wire

/// A request to the domain of a user pool, and what there is to answer it with.
struct LoginVisit: Sendable {
    let site: ManagedLogin
    let arrival: SiteRequest
    let domain: LoginDomain
    /// What all paths of the domain begin with: nothing, or `/_cognito/PREFIX`.
    let base: String
    /// The rest of the path, in lower case: AWS's own pages are not of one mind about `/confirmForgotPassword`.
    let path: String
    /// The parameters of the address.
    let query: FormFields
    /// The fields of the form that was posted; empty for anything else.
    let form: FormFields
    /// Whether the browser's connection is encrypted.
    let isSecure: Bool
    /// What every form has to bring along.
    let formKey: String
    /// Whether the browser does not have it yet.
    private let isFormKeyNew: Bool

    /// More than any page or application sends. Fields are looked up one after another.
    private static let mostFields = 200

    /// nil: the request can't be read.
    init?(
        _ site: ManagedLogin, _ arrival: SiteRequest, domain: LoginDomain, base: String, path: String, isSecure: Bool
    ) {
        self.site = site
        self.arrival = arrival
        self.domain = domain
        self.base = base
        self.path = path.lowercased()
        self.isSecure = isSecure
        var request = arrival.request
        let body = request.body
        request.body = []
        guard let query = try? request.parameters else { return nil }
        self.query = FormFields(query)
        if request.method == "POST", request.isForm {
            request.body = body
            request.query = ""
            guard let form = try? request.parameters else { return nil }
            self.form = FormFields(form)
        } else {
            form = FormFields([])
        }
        guard self.query.all.count <= Self.mostFields, self.form.all.count <= Self.mostFields else { return nil }
        let name = isSecure ? (base.isEmpty ? "__Host-" : "__Secure-") + LoginCookie.form : LoginCookie.form
        let key = arrival.request.cookie(named: name).flatMap { Self.isFormKey($0) ? $0 : nil }
        formKey = key ?? Identifiers.mixed(43)
        isFormKeyNew = key == nil
    }

    private static func isFormKey(_ text: String) -> Bool {
        text.utf8.count == 43
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: false
                }
            }
    }

    var environment: Environment { site.environment }
    var method: String { arrival.request.method }
    var host: String { arrival.request.header("host") ?? "" }
    /// The origin of the page, as browsers write it.
    var origin: String { (isSecure ? "https://" : "http://") + host }

    /// Whether a form comes from a page of this domain's: a page elsewhere neither knows the key nor is sent the cookie.
    var isOwnForm: Bool {
        !isFormKeyNew && arrival.request.isSameOrigin && isSameSecret(form.text("_csrf"), formKey)
    }

    /// Where the domain is, as this browser reaches it.
    var ownAddress: String { origin + base }

    /// Whether that is an address of the domain's, and not one that somebody has made up: a name of the domain's own leads here
    /// (`ManagedLogin.place(of:)`), but below the path any would.
    var isAtOwnAddress: Bool {
        base.isEmpty || environment.publicAddress.isNamed(by: host, isSecure: isSecure)
    }

    func cookie(_ name: String) -> String? {
        arrival.request.cookie(named: LoginCookie.fullName(name, self)).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The calls that are made for it.
    var call: Call {
        domain.call(
            "ManagedLogin",
            from: Call.Source(
                address: arrival.address, userAgent: arrival.request.header("user-agent"), host: host,
                tls: arrival.tls),
            requestID: arrival.requestID, time: arrival.time, environment)
    }

    // MARK: Addresses

    /// What applications ask for stands in the address of every page, so that each can be loaded again.
    private static let carried: Set<String> = [
        "client_id", "code_challenge", "code_challenge_method", "identity_provider", "idp_identifier", "lang",
        "login_hint", "nonce", "prompt", "redirect_uri", "resource", "response_type", "scope", "state",
    ]

    /// The address of a page of this domain's, with what the application asks for.
    func address(_ path: String, _ more: [(name: String, value: String)] = []) -> String {
        let fields = query.all.filter { Self.carried.contains($0.name) } + more
        return base + path + (fields.isEmpty ? "" : "?" + PercentEncoding.query(fields))
    }

    /// The same, of a page that is told something else by one of these names.
    func address(_ path: String, named values: [(name: String, value: String)]) -> String {
        let fields = query.all.filter { field in
            Self.carried.contains(field.name) && !values.contains { $0.name == field.name }
        }
        return base + path + "?" + PercentEncoding.query(fields + values)
    }

    /// Where the files of the pages lie, as a policy names it.
    var filesAddress: String {
        guard let host = arrival.request.plainHost else { return "'none'" }
        return "\(isSecure ? "https" : "http")://\(host)\(base)/static/"
    }

    // MARK: Answers

    /// A page.
    /// - Parameters:
    ///   - template: the name of its template.
    ///   - content: what it shows; nil: what is not there.
    func page(
        _ template: String, _ title: String, _ content: [String: Any?] = [:], look: PageLook? = nil, status: Int = 200
    ) -> LoginReply {
        var content = content.compactMapValues { $0 }
        content["title"] = title
        content["formKey"] = formKey
        content["assets"] = "\(base)/static/\(PageFiles.ofManagedLogin.version)"
        if let look { content["look"] = look }
        return rememberingFormKey(
            LoginReply.html(
                PageFiles.ofManagedLogin.templates.render(content, withTemplate: template) ?? "", status: status))
    }

    /// An answer by which the browser knows ``formKey``.
    func rememberingFormKey(_ reply: LoginReply) -> LoginReply {
        isFormKeyNew ? reply.setting(LoginCookie(name: LoginCookie.form, value: formKey)) : reply
    }

    func message(_ title: String, _ text: String, status: Int) -> LoginReply {
        page("message", title, ["text": text], status: status)
    }

    func failure(_ error: ServiceError) -> LoginReply {
        var reply =
            error.fault == .receiver
            ? message("Something went wrong", "It was not you: the server's log has the cause.", status: error.status)
            : message("This did not work", error.message.isEmpty ? error.code : error.message, status: error.status)
        reply.error = (error.code, error.message)
        return reply
    }

    /// The page that tells of what is wrong with a request of which the application can't be told.
    func error(_ error: AuthorizeRequest.LoginError) -> LoginReply {
        var fields = [(name: "error", value: error.rawValue)]
        if let client = query["client_id"] { fields.append((name: "client_id", value: client)) }
        var reply = LoginReply.redirect(to: base + "/error?" + PercentEncoding.query(fields))
        reply.error = (error.rawValue, "")
        return reply
    }
}
