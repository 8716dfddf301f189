import CertificateManagerAPI
import Ledger
import Platform
import Wire

// Telling of certificates that end: the default event bus, and, what AWS does not, CloudTrail's history, and /metrics.
// <https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html>

extension MutableRecords {
    /// Has a certificate that is new, or has a new end, renewed and told of in time.
    func watch(_ certificate: ManagedCertificate, at time: Double) throws(ServiceError) {
        try scheduleRenewal(of: certificate)
        guard let end = certificate.content?.notAfter, certificate.status == .issued else { return }
        let first = max(time, end - Double(ExpiryEvents.usual) * 86_400)
        try schedule(TellOfExpiry(certificateID: certificate.id), id: certificate.id, at: first)
    }
}

/// Notes in the event history, once a day, that a certificate is about to end, and at last that it has ended.
struct TellOfExpiry: Job {
    static let kind = "ACM::TellOfExpiry"
    private static let interval = 86_400.0

    let certificateID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (id, job, now) = (certificateID, self, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard let certificate = try records.get(ManagedCertificate.self, id), let content = certificate.content,
                certificate.status == .issued
            else { return }
            let days = try ExpiryEvents.of(records).days
            let left = max(0, (content.notAfter - now) / 86_400)
            if left > 0, left <= Double(days) {
                try records.record(certificate.event("ACM Certificate Approaching Expiration", left, at: now))
                try records.announce(certificate.announcement("ACM Certificate Approaching Expiration", left, at: now))
            } else if left == 0 {
                try records.announce(certificate.announcement("ACM Certificate Expired", nil, at: now))
                return try records.record(certificate.event("ACM Certificate Expired", left, at: now))
            }
            try records.schedule(job, id: id, at: min(now + Self.interval, content.notAfter + 1))
        }
    }
}

/// Has it told twice a day for how many days each certificate is still good.
/// <https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html>
struct KeepDaysToExpiry: RecurringJob {
    static let kind = "ACM::KeepDaysToExpiry"
    static let interval = 43_200.0
    static let isByTheClock = true

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let scopes = Set(
            environment.projection(CertificateIndex.self).ends.compactMap { DaysToExpiry.scope(of: $0.arn) })
        try await context.finish { (records) throws(ServiceError) in
            for scope in scopes {
                try records.of(scope).schedule(TellDaysToExpiry(), id: TellDaysToExpiry.kind, at: now)
            }
        }
    }
}

/// Tells CloudWatch of an account's certificates in a Region, some at a time. Of one that has ended it is told no more.
struct TellDaysToExpiry: Job {
    static let kind = "ACM::TellDaysToExpiry"
    private static let atOnce = 256

    /// The ARN after which to go on.
    var after: String?

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, now) = (context.environment, context.scope, context.environment.now())
        let left = environment.projection(CertificateIndex.self).ends.filter { arn, end in
            end > now && DaysToExpiry.scope(of: arn) == scope && after.map { arn > $0 } ?? true
        }
        let some = left.prefix(Self.atOnce)
        let last = left.count > some.count ? some.last?.arn : nil
        try await context.finish { (records) throws(ServiceError) in
            try records.publish(
                some.map { arn, end in
                    MetricData(
                        "DaysToExpiry", in: "AWS/CertificateManager",
                        dimensions: [MetricDimension("CertificateArn", arn)], at: now,
                        [.init(((end - now) / 86_400).rounded(.down))], unit: "Count")
                }, environment)
            guard let last else { return }
            try records.schedule(TellDaysToExpiry(after: last), id: Self.kind, at: now)
        }
    }
}

private enum DaysToExpiry {
    /// Whose metric that of a certificate is.
    static func scope(of arn: String) -> Scope? {
        (try? CertificateName(arn)).map { Scope(account: $0.account, region: $0.region) }
    }
}

extension ManagedCertificate {
    /// - Parameter days: until its end; nil: it has ended.
    fileprivate func announcement(_ detailType: String, _ days: Double?, at time: Double) -> AnnouncedEvent {
        let name = names.first ?? ""
        return AnnouncedEvent(source: "aws.acm", detailType: detailType, resources: [arn], time: time) { writer in
            if let days {
                writer.key("DaysToExpiry")
                writer.integer(Int(days))
            }
            writer.member("CommonName", name)
        }
    }

    /// - Parameter days: until its end.
    fileprivate func event(_ name: String, _ days: Double, at time: Double) -> Event {
        let names = names
        return ServiceEvent(
            name.filter { $0 != " " }, source: "acm.amazonaws.com", account: accountID, region: region, time: time,
            resource: EventParticulars.Resource(arn, "AWS::ACM::Certificate")
        ) { writer in
            writer.member("detailType", name)
            writer.member("CommonName", names.first ?? "")
            writer.key("DaysToExpiry")
            writer.integer(Int(days))
        }.event
    }
}

extension Metric {
    /// As CloudWatch's metric DaysToExpiry.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html>
    static let daysToExpiry = gauge(
        "gatehouse_certificate_days_to_expiry", "Days until a certificate ends, of those that are issued.",
        label: "certificate"
    ) { environment in
        let now = environment.now()
        return environment.projection(CertificateIndex.self).ends.map { arn, end in
            (label: arn, value: Int(max(-36_500, min(36_500, ((end - now) / 86_400).rounded(.down)))))
        }
    }
}
