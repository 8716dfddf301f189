import Directory
import IAMService
import Platform
import WebAuthn
import Wire

/// The page that asks for the second factor: a passkey, or a code.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in-mfa.html>
enum SecondFactorPages {
    static let routes: [OpenRoute] = [
        OpenRoute("GET", "sign-in/mfa") { (console, request) throws(ServiceError) in
            guard let (progress, owner) = begun(console, request) else { return startAgain }
            return try await form(console, request, progress, owner, problem: nil)
        },
        OpenRoute("POST", "sign-in/mfa") { (console, request) throws(ServiceError) in try await prove(console, request)
        },
    ]

    private static let tooMany = "There were too many attempts. Please wait some minutes, and try again."

    static let startAgain = Reply.redirect(to: Console.root + "sign-in")

    /// Whose password was right; nil: nobody's.
    static func begun(_ console: Console, _ request: WebRequest) -> (SignInProgress, PasswordOwner)? {
        guard let progress = console.progress(request), let owner = console.owner(progress) else { return nil }
        return (progress, owner)
    }

    private static func form(
        _ console: Console, _ request: WebRequest, _ begun: SignInProgress, _ owner: PasswordOwner, problem: String?,
        status: Int = 200
    ) async throws(ServiceError) -> Reply {
        var progress = begun
        let factors = console.secondFactors(of: owner, request)
        let devices = try await factors.devices()
        // Each showing of the page has a challenge of its own.
        let challenge = Identifiers.randomBytes(32)
        progress.person?.challenge = Base64URL.encode(challenge)
        let options = request.site.flatMap { factors.requestOptions(for: devices, challenge: challenge, site: $0) }
        let withCodes = devices.filter { $0.passkey == nil }
        var content: [String: Any] = [
            "formKey": progress.formKey, "problem": problem ?? "", "hasSeveral": withCodes.count > 1,
            "hasCodes": !withCodes.isEmpty, "needsPasskey": withCodes.isEmpty && options == nil,
            "devices": withCodes.map { ["serial": $0.serialNumber, "name": name(of: $0)] },
        ]
        if let options { content["passkey"] = String(decoding: options.json, as: UTF8.self) }
        return console.page("second-factor", "Additional verification required", content, status: status)
            .setting([try SignInPages.cookie(progress, console)])
    }

    private static func name(of device: MFADevice) -> String {
        device.serialNumber.split(separator: "/").last.map { String($0) } ?? device.serialNumber
    }

    private static func prove(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        guard let (begun, owner) = Self.begun(console, request), request.form["form-key"] == begun.formKey else {
            return startAgain
        }
        var progress = begun
        let factors = console.secondFactors(of: owner, request)
        let devices = try await factors.devices()
        let isPasskey = request.form["assertion"] != nil
        let attempt = SignInThrottle.Attempt(
            name: "mfa \(owner.id)", address: request.arrival.address,
            device: console.knownDevice(request, of: owner).map { "mfa \($0)" })
        guard console.throttle.begin(attempt, at: console.environment.now()) else {
            return try await form(console, request, progress, owner, problem: tooMany, status: 429)
        }
        let answer: SecondFactors.Answer
        do throws(ServiceError) {
            answer =
                isPasskey ? try await passkey(factors, progress, request) : try await code(factors, devices, request)
        } catch {
            console.throttle.end(attempt, isRight: true)
            throw error
        }
        var device: String?
        if case .right(let serialNumber) = answer { device = serialNumber }
        console.throttle.end(attempt, isRight: device != nil)
        let kind = isPasskey ? "U2F MFA" : "Virtual MFA"
        try await SignInEvent(
            name: "CheckMfa", identity: .owner(owner), account: owner.accountID,
            failure: device == nil ? "Failed authentication" : nil,
            details: [(name: "MfaType", value: devices.count > 1 ? "Multiple MFA Devices" : kind)]
        ).record(request, console.environment)
        guard let device else {
            let problem = answer == .throttled ? tooMany : SignInPages.wrong
            return try await form(
                console, request, progress, owner, problem: problem, status: answer == .throttled ? 429 : 403)
        }
        progress.person?.mfaTime = console.environment.now()
        progress.person?.device = device
        return try await console.proceed(progress, owner, request)
    }

    private static func code(
        _ factors: SecondFactors, _ devices: [MFADevice], _ request: WebRequest
    ) async throws(ServiceError) -> SecondFactors.Answer {
        let withCodes = devices.filter { $0.passkey == nil }
        guard let device = withCodes.first(where: { $0.serialNumber == request.form["device"] }) ?? withCodes.first
        else { return .unknown }
        let typed = request.form.text("code").filter { $0 != " " }
        return try await factors.take(SecondFactors.Code(typed, serialNumber: device.serialNumber))
    }

    private static func passkey(
        _ factors: SecondFactors, _ progress: SignInProgress, _ request: WebRequest
    ) async throws(ServiceError) -> SecondFactors.Answer {
        guard let site = request.site, let challenge = progress.person?.challenge.flatMap({ Base64URL.decode($0) }),
            let response = try? AssertionResponse(json: Array(request.form.text("assertion").utf8))
        else { return .wrong }
        return try await factors.take(SecondFactors.PasskeyProof(response, challenge: challenge, site: site))
    }
}

extension Console {
    /// The devices of somebody who signs in. None: a second factor is not asked for.
    func secondFactors(of owner: PasswordOwner, _ request: WebRequest) -> SecondFactors {
        SecondFactors(
            of: owner.id, in: owner.accountID, environment, requestID: request.arrival.requestID,
            time: environment.now())
    }
}

extension WebRequest {
    /// The origin of the page, as browsers write it.
    var origin: String { (isSecure ? "https://" : "http://") + (header("host") ?? "") }

    /// The site that passkeys are made for; nil where browsers have none.
    var site: RelyingParty? { RelyingParty(origin: origin, name: "Gatehouse") }
}
