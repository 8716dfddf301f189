/// What calls cost: the operator's file, or the published subset that ships with Gatehouse.
///
/// ```swift
/// let prices = try PriceList(
///     """
///     published 2026-11-30
///     currency USD
///     product kms awskms AWS Key Management Service
///     price kms us-east-1 {region}-KMS-Requests Requests 0.000003 Encrypt,Decrypt
///     """)
/// ```
///
/// One statement a line; `#` begins a comment. A `price` names the service, its Regions (`*`: all), the usage type, the unit,
/// the price of one, and the operations (`*`: all others). What stands nearer to a call wins: its own operation before `*`,
/// then its own Region before `*`. `sqs/.fifo` is SQS for resources whose ARN ends with `.fifo`, and comes before `sqs`. What no
/// line is about has no price. `free kms Global-KMS-Requests 20000 Requests Encrypt,Decrypt 20,000 free requests per month` says how many
/// calls AWS gives away each month.
public struct PriceList: Sendable {
    /// What bills call a service.
    public struct Product: Hashable, Sendable {
        /// `awskms`
        public var code: String
        /// `AWS Key Management Service`
        public var name: String
    }

    /// What one call costs.
    public struct Price: Hashable, Sendable {
        /// With `{region}` and `{prefix}`, as it is written.
        public var usageType: String
        /// `Requests`
        public var unit: String
        /// Of one.
        public var amount: ExactAmount
    }

    /// A line that can't be read.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The first is 1.
        public let line: Int
        /// What is wrong with it.
        public let reason: String
        /// Both.
        public var description: String { "line \(line): \(reason)" }
    }

    /// Calls that AWS does not charge, so many a month. Bills have their list prices all the same; the free tier's API tells of them.
    public struct FreeOffer: Hashable, Sendable {
        /// `kms`
        public let service: String
        /// `Global-KMS-Requests`
        public let usageType: String
        /// Calls a month, of all Regions and accounts together.
        public let limit: Int64
        /// `Requests`
        public let unit: String
        /// In words.
        public let description: String
        let operations: Set<String>

        /// Whether calls are of those.
        public func covers(_ use: MeteredUse) -> Bool {
            use.service == service && (operations.contains(use.operation) || operations.contains("*"))
        }
    }

    private struct Key: Hashable {
        var service: String
        var operation: String
        var region: String
    }

    /// The day as of which prices were published; nil: the file does not say.
    public private(set) var published: CivilDate?
    /// `USD`
    public private(set) var currency = "USD"
    private var prices: [Key: Price] = [:]
    /// What is free each month, in the order of the usage types.
    public private(set) var freeOffers: [FreeOffer] = []
    private var products: [String: Product] = [:]
    /// By service, what ARNs may end with for other prices.
    private var endings: [String: [String]] = [:]

    /// The usage type of calls that have no price: by it bills tell them from those that cost nothing.
    public static let unpricedType = "{prefix}Requests-Unpriced"

    /// The most bytes that a file may have.
    public static let mostBytes = 16 << 20

    init(nothing: Void) {}

    /// - Throws: ``Fault`` for a line that is none, or that says anew what another has said.
    public init(_ text: String) throws(Fault) {
        for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let statement = line.prefix { $0 != "#" }
            let words = statement.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
            guard let first = words.first else { continue }
            func fault(_ reason: String) -> Fault { Fault(line: place + 1, reason: reason) }
            switch first {
            case "published":
                guard words.count == 2, let date = CivilDate(words[1]) else { throw fault("published YYYY-MM-DD") }
                published = date
            case "currency":
                guard words.count == 2, words[1].utf8.count == 3, words[1].utf8.allSatisfy({ (65...90).contains($0) })
                else {
                    throw fault("currency USD")
                }
                currency = words[1]
            case "product":
                guard words.count >= 4 else { throw fault("product SERVICE CODE NAME") }
                let product = Product(code: words[2], name: words[3...].joined(separator: " "))
                guard products.updateValue(product, forKey: words[1]) == nil else {
                    throw fault("the product of \(words[1]) was named before")
                }
            case "price":
                guard words.count == 7 else { throw fault("price SERVICE REGIONS USAGE-TYPE UNIT PRICE OPERATIONS") }
                guard let amount = ExactAmount(words[5]), amount >= .zero else {
                    throw fault("'\(words[5])' is no price: it has at most 18 digits after the point")
                }
                let price = Price(usageType: words[3], unit: words[4], amount: amount)
                let parts = words[1].split(separator: "/", maxSplits: 1)
                if parts.count == 2, let service = parts.first.map(String.init),
                    let ending = parts.last.map(String.init),
                    endings[service]?.contains(ending) != true
                {
                    endings[service, default: []].append(ending)
                }
                for region in words[2].split(separator: ",") {
                    for operation in words[6].split(separator: ",") {
                        let key = Key(service: words[1], operation: String(operation), region: String(region))
                        guard prices.updateValue(price, forKey: key) == nil else {
                            throw fault("the price of \(words[1]) \(operation) in \(region) was named before")
                        }
                    }
                }
            case "free":
                guard words.count >= 7, let limit = Int64(words[3]), limit > 0 else {
                    throw fault("free SERVICE USAGE-TYPE CALLS-A-MONTH UNIT OPERATIONS DESCRIPTION")
                }
                guard !freeOffers.contains(where: { $0.usageType == words[2] }) else {
                    throw fault("what is free of \(words[2]) was named before")
                }
                let operations = Set(words[5].split(separator: ",").map(String.init))
                freeOffers.append(
                    FreeOffer(
                        service: words[1], usageType: words[2], limit: limit, unit: words[4],
                        description: words[6...].joined(separator: " "), operations: operations))
            default: throw fault("'\(first)' is none of published, currency, product, price, free")
            }
        }
        freeOffers.sort { $0.usageType < $1.usageType }
    }

    /// What a call costs; nil: the list does not say.
    /// - Parameter resource: the ARN of what it is about; empty: of nothing.
    public func price(_ service: String, _ operation: String, in region: String, on resource: String = "") -> Price? {
        for ending in endings[service] ?? [] where resource.hasSuffix(ending) {
            if let price = price(named: "\(service)/\(ending)", operation, in: region) { return price }
        }
        return price(named: service, operation, in: region)
    }

    /// What of a resource's ARN the price depends on; empty: nothing.
    public func ending(of resource: String, _ service: String) -> String {
        endings[service]?.first { resource.hasSuffix($0) } ?? ""
    }

    private func price(named service: String, _ operation: String, in region: String) -> Price? {
        for operation in [operation, "*"] {
            for region in [region, "*"] {
                if let price = prices[Key(service: service, operation: operation, region: region)] { return price }
            }
        }
        return nil
    }

    /// What bills call a service; where the list does not say, its own name.
    public func product(_ service: String) -> Product {
        products[service] ?? Product(code: service, name: service)
    }

    /// What some use costs.
    public func line(_ use: MeteredUse) -> CostLine {
        let price = price(use.service, use.operation, in: use.region, on: use.resource)
        let type = price?.usageType ?? Self.unpricedType
        return CostLine(
            use: use, product: product(use.service), usageType: Self.expanded(type, in: use.region),
            unit: price?.unit ?? "Requests", price: price?.amount, currency: currency)
    }

    private static func expanded(_ type: String, in region: String) -> String {
        guard type.contains("{") else { return type }
        var result = ""
        var rest = type[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            if rest.hasPrefix("{region}") {
                result += region
                rest = rest.dropFirst(8)
            } else if rest.hasPrefix("{prefix}") {
                result += prefix(of: region)
                rest = rest.dropFirst(8)
            } else {
                result += "{"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    /// What usage types of a Region begin with: nothing in us-east-1, `EUC1-` in eu-central-1.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html>
    static func prefix(of region: String) -> String {
        if region == "us-east-1" { return "" }
        return (prefixes[region] ?? region) + "-"
    }

    private static let prefixes = [
        "us-east-2": "USE2", "us-west-1": "USW1", "us-west-2": "USW2", "eu-west-1": "EU", "eu-west-2": "EUW2",
        "eu-west-3": "EUW3", "eu-central-1": "EUC1", "eu-central-2": "EUC2", "eu-north-1": "EUN1", "eu-south-1": "EUS1",
        "eu-south-2": "EUS2", "ap-east-1": "APE1", "ap-south-1": "APS3", "ap-south-2": "APS5",
        "ap-northeast-1": "APN1", "ap-northeast-2": "APN2", "ap-northeast-3": "APN3", "ap-southeast-1": "APS1",
        "ap-southeast-2": "APS2", "ap-southeast-3": "APS4", "ap-southeast-4": "APS6", "ca-central-1": "CAN1",
        "sa-east-1": "SAE1", "me-south-1": "MES1", "me-central-1": "MEC1", "af-south-1": "AFS1", "il-central-1": "ILC1",
    ]
}
