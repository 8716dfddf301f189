import Directory
import IAMService
import Platform
import Wire

/// The page that asks for the second factor.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in-mfa.html>
enum SecondFactorPages {
    static let routes: [OpenRoute] = [
        OpenRoute("GET", "sign-in/mfa") { (console, request) throws(ServiceError) in
            guard let (progress, owner) = begun(console, request) else { return startAgain }
            return try await form(console, progress, owner, problem: nil)
        },
        OpenRoute("POST", "sign-in/mfa") { (console, request) throws(ServiceError) in try await prove(console, request)
        },
    ]

    static let startAgain = Reply.redirect(to: Console.root + "sign-in")

    /// Whose password was right; nil: nobody's.
    static func begun(_ console: Console, _ request: WebRequest) -> (SignInProgress, PasswordOwner)? {
        guard let progress = console.progress(request), let owner = console.owner(progress) else { return nil }
        return (progress, owner)
    }

    private static func form(
        _ console: Console, _ progress: SignInProgress, _ owner: PasswordOwner, problem: String?, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        let devices = try await console.secondFactors(of: owner)
        return console.page(
            "second-factor", "Additional verification required",
            [
                "formKey": progress.formKey, "problem": problem ?? "", "hasSeveral": devices.count > 1,
                "devices": devices.map { ["serial": $0.serialNumber, "name": name(of: $0)] },
            ], status: status)
    }

    private static func name(of device: MFADevice) -> String {
        device.serialNumber.split(separator: "/").last.map { String($0) } ?? device.serialNumber
    }

    private static func prove(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        guard let (begun, owner) = Self.begun(console, request), request.form["form-key"] == begun.formKey else {
            return startAgain
        }
        var progress = begun
        let devices = try await console.secondFactors(of: owner)
        guard let device = devices.first(where: { $0.serialNumber == request.form["device"] }) ?? devices.first else {
            return startAgain
        }
        let isRight = try await SecondFactor.prove(
            request.form.text("code").filter { $0 != " " }, of: device.serialNumber, ownedBy: owner.id,
            in: owner.accountID, console.environment, requestID: request.arrival.requestID)
        let event = SignInEvent(
            name: "CheckMfa", identity: .owner(owner), account: owner.accountID,
            failure: isRight ? nil : "Failed authentication",
            details: [
                (name: "MfaType", value: devices.count > 1 ? "Multiple MFA Devices" : "Virtual MFA")
            ])
        try await event.record(request, console.environment)
        guard isRight else {
            return try await form(console, progress, owner, problem: SignInPages.wrong, status: 403)
        }
        progress.person?.mfaTime = console.environment.now()
        progress.person?.device = device.serialNumber
        return try await console.proceed(progress, owner, request)
    }
}
