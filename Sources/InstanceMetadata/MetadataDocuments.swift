import Wire

/// JSON as the metadata has it: one member in a line.
struct LinedJSON {
    private var lines: [String] = []

    /// A member whose value is a text; nil is written as null.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return lines.append("  \"\(name)\" : null") }
        var writer = JSONWriter()
        writer.string(value)
        lines.append("  \"\(name)\" : \(String(decoding: writer.bytes, as: UTF8.self))")
    }

    var text: String { "{\n" + lines.joined(separator: ",\n") + "\n}" }
}

extension InstanceMetadata.Profile {
    static let help =
        "Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html"
        + "#troubleshoot_iam-ec2_errors-info-doc."

    /// `iam/info`
    var document: String {
        var json = LinedJSON()
        let time = Timestamp(secondsSinceEpoch: updated).iso8601
        switch state {
        case .gone:
            json.add("Code", "InstanceProfileNotFound")
            json.add("Message", "Instance Profile with id \(id) cannot be found. \(Self.help)")
        case .empty:
            json.add("Code", "Success")
            json.add("Message", "Instance Profile does not contain a role. \(Self.help)")
        case .role:
            json.add("Code", "Success")
        }
        json.add("LastUpdated", time)
        json.add("InstanceProfileArn", arn)
        json.add("InstanceProfileId", id)
        return json.text
    }
}

/// What `iam/security-credentials/ROLE` shows, and what a container gets.
public enum RoleCredentialsDocument: Sendable {
    /// Credentials, and since when they are these; both times in seconds since 1970.
    case success(
        accessKeyID: String, secretAccessKey: String, token: String, expiration: Double, updated: Double)
    /// EC2 may not assume the role of this name, as was found at this time.
    case unauthorized(role: String, updated: Double)
    /// There are none at the moment.
    case unavailable(updated: Double)

    /// As the metadata shows it: with status 200, whatever it says.
    public var text: String {
        var json = LinedJSON()
        switch self {
        case .success(let accessKeyID, let secretAccessKey, let token, let expiration, let updated):
            json.add("Code", "Success")
            json.add("LastUpdated", Timestamp(secondsSinceEpoch: updated).iso8601)
            json.add("Type", "AWS-HMAC")
            json.add("AccessKeyId", accessKeyID)
            json.add("SecretAccessKey", secretAccessKey)
            json.add("Token", token)
            json.add("Expiration", Timestamp(secondsSinceEpoch: expiration).iso8601)
        case .unauthorized(let role, let updated):
            json.add("Code", "AssumeRoleUnauthorizedAccess")
            json.add("Message", "EC2 cannot assume the role \(role). \(InstanceMetadata.Profile.help)")
            json.add("LastUpdated", Timestamp(secondsSinceEpoch: updated).iso8601)
        case .unavailable(let updated):
            json.add("Code", "Failed")
            json.add("Message", "The credentials are not available at the moment. Try again.")
            json.add("LastUpdated", Timestamp(secondsSinceEpoch: updated).iso8601)
        }
        return json.text
    }

    /// As a container gets it from AWS_CONTAINER_CREDENTIALS_FULL_URI.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
    /// - Parameter roleARN: whose credentials these are.
    /// - Returns: nil where there are no credentials.
    public func containerText(roleARN: String) -> String? {
        guard case .success(let accessKeyID, let secretAccessKey, let token, let expiration, _) = self else {
            return nil
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("RoleArn", roleARN)
        writer.member("AccessKeyId", accessKeyID)
        writer.member("SecretAccessKey", secretAccessKey)
        writer.member("Token", token)
        writer.member("Expiration", Timestamp(secondsSinceEpoch: expiration).iso8601)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension InstanceMetadata {
    /// The identity document: what is signed, byte for byte.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html>
    public var identityDocument: String {
        var json = LinedJSON()
        json.add("accountId", account)
        json.add("architecture", architecture)
        json.add("availabilityZone", availabilityZone)
        json.add("billingProducts", nil)
        json.add("devpayProductCodes", nil)
        json.add("marketplaceProductCodes", nil)
        json.add("imageId", imageID)
        json.add("instanceId", id)
        json.add("instanceType", instanceType)
        json.add("kernelId", nil)
        json.add("pendingTime", Timestamp(secondsSinceEpoch: launchTime).iso8601)
        json.add("privateIp", interfaces.first.flatMap { $0.privateAddresses.first ?? $0.ipv6Addresses.first })
        json.add("ramdiskId", nil)
        json.add("region", region)
        json.add("version", "2017-09-30")
        return json.text
    }
}
