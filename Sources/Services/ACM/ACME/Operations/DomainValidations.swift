import ACME
import CertificateManagerAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Domain validations: what an endpoint may issue for.
// <https://docs.aws.amazon.com/acm/latest/userguide/acm-acme-domain-validation.html>

extension CertificateManager.CreateAcmeDomainValidation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let (endpoint, tags) = (try ACMEName(input.acmeEndpointArn), [Tag](input.tags))
        let create = Access(
            "acm:CreateAcmeDomainValidation", on: endpoint.arn, context: ConditionKeys.requestTags(tags))
        return .required([create] + Access.tagging("acm:TagResource", endpoint.new(.validation), tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        if let earlier = try records.acmeAnswer(to: input.idempotencyToken, endpoint, call),
            let validation = try? records.acmeValidation(earlier, call)
        {
            guard validation.domain == input.domainName else { throw .usedToken }
            return Output(acmeDomainValidationArn: earlier)
        }
        let scope = try ACMEDomainValidation.DomainScope(input.prevalidationOptions)
        let others = try records.referrers(ACMEDomainValidation.self, ACMEBinding.ofEndpoint, to: endpoint.id)
        guard !others.contains(where: { $0.domain == input.domainName }) else {
            throw .acm(
                .conflictException, "The ACME endpoint has a domain validation for \(input.domainName) already.")
        }
        let quota = call.quotas[.acmeValidations]
        guard others.count < quota else {
            throw .acm(
                .serviceQuotaExceededException, "An ACME endpoint can have at most \(quota) domain validations.")
        }
        // Each endpoint has another record for a domain.
        let record = try records.validationSecret().record(
            for: input.domainName, accountID: "\(call.accountID) \(endpoint.id)")
        var validation = ACMEDomainValidation(
            id: UUID().uuidString.lowercased(), endpointID: endpoint.id, accountID: call.accountID, region: call.region,
            domain: input.domainName, domainScope: scope,
            hostedZoneID: input.prevalidationOptions.dnsPrevalidation?.hostedZoneId, record: record,
            status: .validating, tags: try TagRules.ofACME.merge([Tag](input.tags), into: []), created: call.time,
            updated: call.time, begun: call.time)
        try records.begin(&validation, of: endpoint, call)
        try records.put(validation)
        try records.rememberACME(validation.arn, for: input.idempotencyToken, endpoint, call)
        return Output(acmeDomainValidationArn: validation.arn)
    }
}

extension MutableRecords {
    /// Has somebody look for the record, unless that can be of no use. The validation itself is not stored yet.
    fileprivate func begin(
        _ validation: inout ACMEDomainValidation, of endpoint: ACMEEndpoint, _ call: Call
    ) throws(ServiceError) {
        validation.failure = nil
        validation.failureMessage = nil
        validation.hasLapsed = nil
        if validation.hostedZoneID != nil {
            validation.fail(
                "HOSTED_ZONE_NOT_FOUND", "Gatehouse has no hosted zones: put the record into the domain's DNS.")
        } else if OrderedName(validation.domain) == nil {
            validation.fail("INVALID_PUBLIC_DOMAIN", "\(validation.domain) is not the name of a domain.")
        } else if endpoint.authority == .public, let fault = PublicNames.fault([validation.domain]) {
            validation.fail(fault, "No public certificate can be for \(validation.domain).")
        } else {
            validation.status = .validating
            validation.begun = call.time
            try schedule(ValidateACMEDomain(validationID: validation.id), id: validation.id, at: call.time)
        }
    }
}

extension ACMEDomainValidation {
    fileprivate mutating func fail(_ reason: String, _ message: String) {
        (status, failure, failureMessage) = (.invalid, reason, message)
    }
}

extension ACMEDomainValidation.DomainScope {
    /// - Throws: ValidationException.
    fileprivate init(_ options: CertificateManager.PrevalidationOptions) throws(ServiceError) {
        guard let options = options.dnsPrevalidation else {
            throw .invalidCertificate("PrevalidationOptions must have DnsPrevalidation.")
        }
        guard let scope = options.domainScope else {
            self.init(hasExactDomain: true, hasSubdomains: false, hasWildcards: false)
            return
        }
        self.init(
            hasExactDomain: scope.exactDomain == "ENABLED", hasSubdomains: scope.subdomains == "ENABLED",
            hasWildcards: scope.wildcards == "ENABLED")
        guard hasExactDomain || hasSubdomains || hasWildcards else {
            throw .invalidCertificate("At least one option of DomainScope must be ENABLED.")
        }
    }

    fileprivate var view: CertificateManager.DomainScope {
        func word(_ isEnabled: Bool) -> String { isEnabled ? "ENABLED" : "DISABLED" }
        return CertificateManager.DomainScope {
            $0.exactDomain = word(hasExactDomain)
            $0.subdomains = word(hasSubdomains)
            $0.wildcards = word(hasWildcards)
        }
    }
}

extension ACMEDomainValidation {
    fileprivate var details: CertificateManager.PrevalidationDetails {
        CertificateManager.PrevalidationDetails {
            $0.dnsPrevalidation = CertificateManager.DnsPrevalidationDetails {
                $0.domainScope = domainScope.view
                $0.hostedZoneId = hostedZoneID
                $0.resourceRecord = CertificateManager.ResourceRecord(record)
            }
        }
    }

    fileprivate var failureDetails: CertificateManager.FailureDetails? {
        failure.map { reason in
            CertificateManager.FailureDetails {
                $0.reason = reason
                $0.message = failureMessage
            }
        }
    }

    fileprivate var endpointARN: String { ARN.text("acm", region, accountID, ACMEName.endpointPrefix, endpointID) }
}

extension CertificateManager.DescribeAcmeDomainValidation: ReadOperation, OnACMEValidation {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let validation = try records.acmeValidation(input.acmeDomainValidationArn, call)
        return Output(
            acmeDomainValidation: CertificateManager.AcmeDomainValidation {
                $0.acmeDomainValidationArn = validation.arn
                $0.acmeEndpointArn = validation.endpointARN
                $0.domainName = validation.domain
                $0.prevalidationType = "DNS_PREVALIDATION"
                $0.prevalidationDetails = validation.details
                $0.status = validation.status.rawValue
                $0.failureDetails = validation.failureDetails
                $0.createdAt = Timestamp(secondsSinceEpoch: validation.created)
                $0.updatedAt = Timestamp(secondsSinceEpoch: validation.updated)
            })
    }
}

extension CertificateManager.ListAcmeDomainValidations: ReadOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        let page = try records.page(
            ACMEDomainValidation.self, ACMEBinding.ofEndpoint, to: endpoint.id, try Paging(acme: input))
        return Output(page) { validation in
            CertificateManager.AcmeDomainValidationSummary {
                $0.acmeDomainValidationArn = validation.arn
                $0.acmeEndpointArn = validation.endpointARN
                $0.domainName = validation.domain
                $0.prevalidationType = "DNS_PREVALIDATION"
                $0.prevalidationDetails = validation.details
                $0.status = validation.status.rawValue
                $0.failureDetails = validation.failureDetails
                $0.createdAt = Timestamp(secondsSinceEpoch: validation.created)
                $0.updatedAt = Timestamp(secondsSinceEpoch: validation.updated)
            }
        }
    }
}

/// What has been validated stays so: only the scope is another. What has failed is tried again.
extension CertificateManager.UpdateAcmeDomainValidation: WriteOperation, OnACMEValidation {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var validation = try records.acmeValidation(input.acmeDomainValidationArn, call)
        guard let endpoint = try records.get(ACMEEndpoint.self, validation.endpointID) else { throw .internalFailure }
        if let options = input.prevalidationOptions {
            validation.domainScope = try ACMEDomainValidation.DomainScope(options)
            validation.hostedZoneID = options.dnsPrevalidation?.hostedZoneId
        }
        validation.updated = call.time
        if validation.status == .invalid { try records.begin(&validation, of: endpoint, call) }
        try records.put(validation)
        return Output()
    }
}

extension CertificateManager.DeleteAcmeDomainValidation: WriteOperation, OnACMEValidation {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try ACMEName(input.acmeDomainValidationArn)
        // AWS's model has no error for one that is not there.
        guard let part = name.part, part.kind == .validation, name.isWithinReach(of: call),
            let validation = try records.get(ACMEDomainValidation.self, part.id),
            validation.endpointID == name.endpointID
        else { return Output() }
        try records.delete(validation)
        try records.cancel(ValidateACMEDomain.self, id: validation.id)
        return Output()
    }
}

/// Looks for the record of a domain validation, and once it has been there, each day whether it still is.
struct ValidateACMEDomain: Job {
    static let kind = "ACM::ValidateAcmeDomain"
    static let concurrency = DomainLooks.concurrency
    private static let interval = 86_400.0

    let validationID: String

    /// Seconds until it is looked again: soon at first, later a tenth of the time that has passed.
    private static func pause(_ age: Double) -> Double { min(max(2, age / 10), 600) }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, validationID, self)
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ACMEDomainValidation.self, id)
        }
        guard let validation = found, validation.status != .invalid else { return }
        let mayPut = validation.status == .validating && validation.hasLapsed != true
        let looked = try await context.look(of: validation.accountID, again: self) { () async -> Bool? in
            // nil: that can't be known now, and nothing changes.
            try? await environment.sees(validation.record, mayPut: mayPut)
        }
        guard let isThere = looked else { return }
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard var validation = try records.get(ACMEDomainValidation.self, id), validation.status != .invalid else {
                return
            }
            let before = validation.status
            if isThere == true {
                validation.status = .valid
            } else if isThere == false, before == .valid {
                (validation.status, validation.begun, validation.hasLapsed) = (.validating, now, true)
            } else if before == .validating, now >= validation.begun + ValidateDomains.patience {
                validation.fail("TIMED_OUT", "The record was not there within 72 hours.")
            }
            if validation.status != before {
                validation.updated = now
                try records.put(validation)
            }
            switch validation.status {
            case .valid: try records.schedule(job, id: id, at: now + Self.interval)
            case .validating:
                let next = now + Self.pause(now - validation.begun)
                let end = validation.begun + ValidateDomains.patience
                try records.schedule(job, id: id, at: min(next, end))
            case .invalid: break
            }
        }
    }
}
