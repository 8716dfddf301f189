import CognitoIDPAPI

extension ClientEntry {
    /// For how many seconds its tokens are valid.
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TokenValidityUnitsType.html>
    var validity: (identity: Int, access: Int, refresh: Int) {
        let units = settings.tokenValidityUnits
        return (
            Self.seconds(settings.idTokenValidity, units?.idToken ?? "hours", default: 3600),
            Self.seconds(settings.accessTokenValidity, units?.accessToken ?? "hours", default: 3600),
            Self.seconds(settings.refreshTokenValidity, units?.refreshToken ?? "days", default: 30 * 86_400)
        )
    }

    /// For how many seconds a refresh token can be used again that was exchanged.
    var graceSeconds: Int { settings.refreshTokenRotation?.retryGracePeriodSeconds ?? 0 }

    private static func seconds(_ value: Int?, _ unit: String, default usual: Int) -> Int {
        // AWS takes 0 for the usual duration of refresh tokens.
        guard let value, value > 0 else { return usual }
        let factor =
            switch unit {
            case "seconds": 1
            case "minutes": 60
            case "hours": 3600
            default: 86_400
            }
        let (product, isTooMuch) = value.multipliedReportingOverflow(by: factor)
        // 3,650 days are the most.
        return isTooMuch ? 315_360_000 : min(product, 315_360_000)
    }
}
