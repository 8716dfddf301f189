import CloudTrailAPI
import Directory
import Ledger
import Platform
import Wire

/// The trail that a request names, by its name in the Region of the request or by its ARN. It need not exist.
struct TrailName: Sendable {
    let name: String
    let account: String
    let region: String
    /// Whether the request has its ARN.
    let isARN: Bool

    var arn: String { ARN.text("cloudtrail", region, account, "trail/", name) }
    var scope: Scope { Scope(account: account, region: region) }

    /// - Throws: InvalidTrailNameException, CloudTrailARNInvalidException.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        if text.utf8.starts(with: "arn:".utf8) {
            try self.init(arn: text)
        } else {
            self.init(name: text, account: call.accountID, region: call.region)
        }
        try Self.check(name)
    }

    /// The trail of an ARN, where nothing else will do.
    /// - Throws: CloudTrailARNInvalidException; ResourceTypeNotSupportedException for what is no trail.
    init(arn text: String) throws(ServiceError) {
        let arn = try Self.arn(text)
        self.init(
            name: String(arn.resource.dropFirst("trail/".count)), account: arn.account, region: arn.region, isARN: true)
    }

    init(name: String, account: String, region: String, isARN: Bool = false) {
        (self.name, self.account, self.region, self.isARN) = (name, account, region, isARN)
    }

    private static func arn(_ text: String) throws(ServiceError) -> ARN {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "cloudtrail",
            arn.account.utf8.count == 12, !arn.region.isEmpty
        else { throw CloudTrail.Failure.cloudTrailARNInvalidException("Invalid trail ARN: \(text)") }
        guard arn.resource.hasPrefix("trail/") else {
            throw CloudTrail.Failure.resourceTypeNotSupportedException(
                "The resource type of \(text) is not supported: it is no trail.")
        }
        return arn
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html>
    private static func check(_ name: String) throws(ServiceError) {
        let bytes = Array(name.utf8)
        func refuse(_ message: String) -> ServiceError { CloudTrail.Failure.invalidTrailNameException(message) }
        guard !bytes.isEmpty else { throw refuse("Trail name cannot be blank!") }
        guard bytes.count >= 3 else {
            throw refuse(
                "Trail name too short. Minimum allowed length: 3 characters. Specified name length: \(bytes.count)"
                    + " characters.")
        }
        guard bytes.count <= 128 else {
            throw refuse(
                "Trail name too long. Maximum allowed length: 128 characters. Specified name length: \(bytes.count)"
                    + " characters.")
        }
        guard bytes.allSatisfy({ isAlphanumeric($0) || isMark($0) }) else {
            throw refuse(
                "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens"
                    + " (-), and underscores (_).")
        }
        guard isAlphanumeric(bytes[0]) else { throw refuse("Trail name must starts with a letter or number.") }
        guard isAlphanumeric(bytes[bytes.count - 1]) else {
            throw refuse("Trail name must ends with a letter or number.")
        }
        guard !zip(bytes, bytes.dropFirst()).contains(where: { isMark($0) && isMark($1) }) else {
            throw refuse("Trail name must have no adjacent periods, underscores or dashes.")
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count != 4 || !parts.allSatisfy({ UInt8($0) != nil }) else {
            throw refuse("Trail name must not be in IP address format.")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isMark(_ byte: UInt8) -> Bool { ".-_".utf8.contains(byte) }
}
