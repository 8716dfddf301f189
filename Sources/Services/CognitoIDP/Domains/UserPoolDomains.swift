import CognitoIDPAPI
import Directory
import Ledger
import Platform
import Wire

// Domains of user pools. <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html>

extension ServiceModule {
    static let domainOperations: [any Platform.Operation.Type] = [
        CognitoIDP.CreateUserPoolDomain.self, CognitoIDP.DescribeUserPoolDomain.self,
        CognitoIDP.UpdateUserPoolDomain.self, CognitoIDP.DeleteUserPoolDomain.self,
    ]
}

extension RecordReading {
    /// A pool's domains: at most a prefix, and a name of the operator's own.
    func domains(of poolID: String) throws(ServiceError) -> [UserPoolDomain] {
        try shared.referrers(UserPoolDomain.self, UserPoolDomain.ofPool, to: poolID)
    }

    fileprivate func domain(_ name: String, of pool: UserPool) throws(ServiceError) -> UserPoolDomain {
        guard let domain = try domains(of: pool.id).first(where: { $0.name == name }) else {
            throw .cognito(.resourceNotFoundException, "Domain \(name) does not exist for user pool \(pool.id).")
        }
        return domain
    }
}

/// What a domain may be.
private enum DomainRules {
    static let reserved = ["aws", "amazon", "cognito"]
    static let pattern = "^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$"

    /// - Throws: InvalidParameterException.
    static func check(prefix: String) throws(ServiceError) {
        guard isLabel(prefix[...]) else {
            throw .invalidParameter(
                "The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers,"
                    + " and hyphens. Please enter a different name that follows this format: \(pattern)")
        }
        if let word = reserved.first(where: { prefix.contains($0) }) {
            throw .invalidParameter("Domain cannot contain reserved word: \(word)")
        }
    }

    /// - Throws: InvalidParameterException.
    static func check(custom name: String, certificate: String) throws(ServiceError) {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // No name ends in a number: what does is an address.
        guard labels.count >= 3, labels.allSatisfy(isLabel), labels.last?.first?.isLetter == true else {
            throw .invalidParameter("Custom domain is not a valid subdomain: \(name)")
        }
        guard let arn = ARN(parsing: certificate), arn.service == "acm", arn.region == "us-east-1",
            arn.typeAndRest?.type == "certificate"
        else {
            throw .invalidParameter(
                "Invalid certificate ARN: a certificate of AWS Certificate Manager in us-east-1 is needed.")
        }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 63 && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
    }

    /// - Throws: InvalidParameterException, FeatureUnavailableInTierException.
    static func check(version: Int, of pool: UserPool) throws(ServiceError) {
        guard version == 1 || version == 2 else {
            throw .invalidParameter("ManagedLoginVersion must be 1 or 2.")
        }
        let tier = try PoolEntry(pool).tier
        guard version == 1 || tier >= .essentials else { throw .unavailable(["Managed login"], in: tier) }
    }
}

extension CognitoIDP.CreateUserPoolDomain: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let certificate = input.customDomainConfig?.certificateArn
        if let certificate {
            try DomainRules.check(custom: input.domain, certificate: certificate)
            guard call.environment.publicAddress.customDomains.admit(input.domain, of: call.accountID) else {
                throw .invalidParameter("Custom domain \(input.domain) is of another account.")
            }
        } else {
            try DomainRules.check(prefix: input.domain)
        }
        let version = input.managedLoginVersion ?? 1
        try DomainRules.check(version: version, of: pool)
        guard try !records.domains(of: pool.id).contains(where: { $0.isCustom == (certificate != nil) }) else {
            throw .invalidParameter("User pool already has a domain configured.")
        }
        let domain = UserPoolDomain(
            name: input.domain, poolID: pool.id, accountID: call.accountID, region: call.region,
            certificateARN: certificate, distribution: "d\(Identifiers.lowercase(13)).cloudfront.net",
            managedLoginVersion: version, created: call.time, modified: call.time)
        guard try records.shared.get(UserPoolDomain.self, domain.id) == nil else {
            throw .invalidParameter("Domain already associated with another user pool.")
        }
        try records.shared.put(domain)
        return Output {
            $0.managedLoginVersion = input.managedLoginVersion
            $0.cloudFrontDomain = domain.isCustom ? domain.distribution : nil
        }
    }
}

/// A domain that does not exist is described by nothing, as is that of another account.
extension CognitoIDP.DescribeUserPoolDomain: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cognito-idp:DescribeUserPoolDomain", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let domain = call.environment.userPoolDomain(input.domain, region: call.region),
            domain.accountID == call.accountID, domain.region == call.region
        else { return Output(domainDescription: CognitoIDP.DomainDescriptionType()) }
        return Output(domainDescription: CognitoIDP.DomainDescriptionType(domain))
    }
}

extension CognitoIDP.DomainDescriptionType {
    fileprivate init(_ domain: UserPoolDomain) {
        self.init()
        userPoolId = domain.poolID
        awsAccountId = domain.accountID
        self.domain = domain.name
        s3Bucket = "aws-cognito-prod-\(domain.region)-assets"
        cloudFrontDistribution = domain.distribution
        version = Timestamp(secondsSinceEpoch: domain.modified).iso8601.filter(\.isNumber)
        status = "ACTIVE"
        customDomainConfig = CognitoIDP.CustomDomainConfigType()
        if let certificate = domain.certificateARN { customDomainConfig?.certificateArn = certificate }
        managedLoginVersion = domain.managedLoginVersion
    }
}

extension CognitoIDP.UpdateUserPoolDomain: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        var domain = try records.domain(input.domain, of: pool)
        if let version = input.managedLoginVersion {
            try DomainRules.check(version: version, of: pool)
            domain.managedLoginVersion = version
        }
        if let certificate = input.customDomainConfig?.certificateArn {
            guard domain.isCustom else {
                throw .invalidParameter("Domain \(domain.name) is not a custom domain.")
            }
            try DomainRules.check(custom: domain.name, certificate: certificate)
            domain.certificateARN = certificate
        }
        domain.modified = call.time
        try records.shared.put(domain)
        return Output {
            $0.managedLoginVersion = domain.managedLoginVersion
            $0.cloudFrontDomain = domain.isCustom ? domain.distribution : nil
        }
    }
}

extension CognitoIDP.DeleteUserPoolDomain: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        try records.shared.delete(try records.domain(input.domain, of: pool))
        return Output()
    }
}
