import Platform
import Wire

/// How often, and after which pauses, a delivery is tried again.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>
struct RetryPolicy: Sendable, Equatable {
    /// How pauses grow in the third phase.
    enum Backoff: String, Sendable, CaseIterable {
        case linear, arithmetic, geometric, exponential
    }

    /// Seconds.
    var least = 20
    /// Seconds.
    var most = 20
    /// In all phases together.
    var retries = 3
    /// In the first phase: at once.
    var immediate = 0
    /// In the second phase, each after the least pause.
    var early = 0
    /// In the last phase, each after the longest pause.
    var late = 0
    var backoff = Backoff.linear

    /// Of HTTP endpoints about which nobody has said anything.
    static let standard = RetryPolicy()
    /// Of queues.
    static let queues = RetryPolicy(
        least: 1, most: 20, retries: 100_015, immediate: 3, early: 2, late: 100_000, backoff: .exponential)

    /// How many retries are in the phase whose pauses grow.
    private var growing: Int { max(0, retries - immediate - early - late) }

    /// The seconds before a retry, without the random part that AWS adds.
    /// - Parameter retry: counted from 0.
    /// - Returns: nil: there is no such retry.
    func pause(before retry: Int) -> Double? {
        guard retry >= 0, retry < retries else { return nil }
        if retry < immediate { return 0 }
        if retry < immediate + early { return Double(least) }
        let step = retry - immediate - early
        guard step < growing else { return Double(most) }
        guard growing > 1 else { return Double(least) }
        // From the least to the longest pause; how the four go between is shown by AWS in a diagram alone.
        let part = Double(step) / Double(growing - 1)
        let (low, high) = (Double(least), Double(most))
        switch backoff {
        case .linear: return low + (high - low) * part
        case .arithmetic: return low + (high - low) * part * (part + 1) / 2
        case .geometric: return low * power(high / low, part)
        case .exponential:
            return low + (high - low) * (power(2, part * Double(growing - 1)) - 1)
                / max(1, power(2, Double(growing - 1)) - 1)
        }
    }

    /// Seconds from the first retry to the last.
    var total: Double { (0..<retries).reduce(0) { $0 + (pause(before: $1) ?? 0) } }
}

/// What a delivery policy says besides retries; of a topic, or of a subscription.
struct DeliveryPolicy: Sendable, Equatable {
    var retry: RetryPolicy?
    /// Messages a second; nil: as many as there are.
    var throttle: Int?
    var contentType: String?
    /// Of a topic's: whether subscriptions have no policies of their own.
    var disablesOverrides = false

    static let standardContentType = "text/plain; charset=UTF-8"

    /// Reads a subscription's policy.
    /// - Throws: InvalidParameter.
    init(ofSubscription text: String) throws(ServiceError) {
        let object = try Self.object(text)
        try self.init(object, retry: "healthyRetryPolicy", throttle: "throttlePolicy", request: "requestPolicy")
    }

    /// Reads a topic's policy.
    /// - Throws: InvalidParameter.
    init(ofTopic text: String) throws(ServiceError) {
        let object = try Self.object(text)
        guard let http = object["http"] else { throw Self.wrong("http must be there") }
        try self.init(
            http, retry: "defaultHealthyRetryPolicy", throttle: "defaultThrottlePolicy",
            request: "defaultRequestPolicy")
        switch http["disableSubscriptionOverrides"] {
        case nil, .null?: break
        case .boolean(let value)?: disablesOverrides = value
        default: throw Self.wrong("http.disableSubscriptionOverrides must be a boolean")
        }
    }

    private init(_ object: JSONValue, retry: String, throttle: String, request: String) throws(ServiceError) {
        guard case .object = object else { throw Self.wrong("a JSON object is needed") }
        if let policy = object[retry], policy != .null { self.retry = try Self.retry(policy, retry) }
        if let policy = object[throttle], policy != .null {
            let most = try Self.number(policy, "maxReceivesPerSecond", throttle)
            if let most, most < 1 {
                throw Self.wrong("\(throttle).maxReceivesPerSecond must be greater than or equal to 1")
            }
            self.throttle = most
        }
        if let policy = object[request], policy != .null {
            guard case .string(let type)? = policy["headerContentType"] else {
                throw Self.wrong("\(request).headerContentType must be a string")
            }
            let name = type.prefix { $0 != ";" }
            guard Self.contentTypes.contains(String(name)), type.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw Self.wrong("\(request).headerContentType is not one of the supported content types")
            }
            contentType = type
        }
    }

    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy>
    private static let contentTypes: Set<String> = [
        "text/css", "text/csv", "text/html", "text/plain", "text/xml", "application/atom+xml", "application/json",
        "application/octet-stream", "application/soap+xml", "application/x-www-form-urlencoded",
        "application/xhtml+xml", "application/xml",
    ]

    private static func object(_ text: String) throws(ServiceError) -> JSONValue {
        guard let value = try? JSONValue(parsing: Array(text.utf8)), case .object = value else {
            throw wrong("failed to parse JSON")
        }
        return value
    }

    private static func retry(_ object: JSONValue, _ name: String) throws(ServiceError) -> RetryPolicy {
        guard case .object = object else { throw wrong("\(name) must be an object") }
        var policy = RetryPolicy.standard
        func set(_ member: String, _ range: ClosedRange<Int>, _ value: inout Int) throws(ServiceError) {
            guard let number = try number(object, member, name) else { return }
            guard number >= range.lowerBound else {
                throw wrong("\(name).\(member) must be greater than or equal to \(range.lowerBound)")
            }
            guard number <= range.upperBound else {
                throw wrong("\(name).\(member) must be less than or equal to \(range.upperBound)")
            }
            value = number
        }
        try set("minDelayTarget", 1...3600, &policy.least)
        try set("maxDelayTarget", 1...3600, &policy.most)
        try set("numRetries", 0...100, &policy.retries)
        try set("numNoDelayRetries", 0...100, &policy.immediate)
        try set("numMinDelayRetries", 0...100, &policy.early)
        try set("numMaxDelayRetries", 0...100, &policy.late)
        if let backoff = object["backoffFunction"], backoff != .null {
            guard case .string(let text) = backoff, let known = RetryPolicy.Backoff(rawValue: text) else {
                throw wrong("\(name).backoffFunction must be one of linear, arithmetic, geometric, exponential")
            }
            policy.backoff = known
        }
        guard policy.least <= policy.most else {
            throw wrong("\(name).maxDelayTarget must be greater than or equal to minDelayTarget")
        }
        guard policy.immediate + policy.early + policy.late <= policy.retries else {
            throw wrong("\(name).numRetries must be greater than or equal to the retries of all phases")
        }
        guard policy.total <= 3600 else { throw wrong("\(name) must not retry for more than 3600 seconds") }
        return policy
    }

    private static func number(_ object: JSONValue, _ member: String, _ name: String) throws(ServiceError) -> Int? {
        switch object[member] {
        case nil, .null?: return nil
        case .integer(let number)?: return number
        default: throw wrong("\(name).\(member) must be a whole number")
        }
    }

    private static func wrong(_ reason: String) -> ServiceError { .invalidParameter("DeliveryPolicy: \(reason)") }
}

/// What holds for a subscription: its own policy, its topic's, and what SNS says where they say nothing.
struct EffectiveDelivery: Sendable, Equatable {
    let retry: RetryPolicy
    let throttle: Int?
    let contentType: String

    /// - Parameters: as they were set, and checked then.
    init(topic: String?, subscription: String?) {
        let topic = topic.flatMap { try? DeliveryPolicy(ofTopic: $0) }
        let own =
            topic?.disablesOverrides == true ? nil : subscription.flatMap { try? DeliveryPolicy(ofSubscription: $0) }
        retry = own?.retry ?? topic?.retry ?? .standard
        throttle = own?.throttle ?? topic?.throttle
        contentType = own?.contentType ?? topic?.contentType ?? DeliveryPolicy.standardContentType
    }

    /// As GetTopicAttributes shows it.
    static func shown(ofTopic text: String?) -> String {
        let policy = EffectiveDelivery(topic: text, subscription: nil)
        let disables = text.flatMap { try? DeliveryPolicy(ofTopic: $0) }?.disablesOverrides ?? false
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("http")
        writer.beginObject()
        writer.key("defaultHealthyRetryPolicy")
        policy.retry.write(to: &writer)
        writer.key("disableSubscriptionOverrides")
        writer.boolean(disables)
        if let throttle = policy.throttle {
            writer.key("defaultThrottlePolicy")
            Self.write(throttle: throttle, to: &writer)
        }
        writer.key("defaultRequestPolicy")
        Self.write(contentType: policy.contentType, to: &writer)
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// As GetSubscriptionAttributes shows it.
    var shownOfSubscription: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("healthyRetryPolicy")
        retry.write(to: &writer)
        writer.key("sicklyRetryPolicy")
        writer.null()
        writer.key("throttlePolicy")
        if let throttle { Self.write(throttle: throttle, to: &writer) } else { writer.null() }
        writer.key("requestPolicy")
        Self.write(contentType: contentType, to: &writer)
        writer.key("guaranteed")
        writer.boolean(false)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(throttle: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("maxReceivesPerSecond")
        writer.integer(throttle)
        writer.endObject()
    }

    private static func write(contentType: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("headerContentType", contentType)
        writer.endObject()
    }
}

extension RetryPolicy {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in [
            ("minDelayTarget", least), ("maxDelayTarget", most), ("numRetries", retries), ("numMaxDelayRetries", late),
            ("numNoDelayRetries", immediate), ("numMinDelayRetries", early),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.member("backoffFunction", backoff.rawValue)
        writer.endObject()
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

private func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
