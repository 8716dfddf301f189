/// Calls of one kind within an hour: what is metered.
public struct MeteredUse: Hashable, Sendable {
    /// The account that is charged.
    public var account: String
    /// Hours since 1970.
    public var hour: Int64
    /// What the event source begins with: `kms`.
    public var service: String
    /// `Decrypt`
    public var operation: String
    /// Where the calls were made.
    public var region: String
    /// Who made them: the ARN of the user or role, the account's root, or the service that called in its own name.
    public var principal: String
    /// What they were about, where the event says it by an ARN; empty: it does not.
    public var resource: String
    /// The tags that the resource had, by their keys.
    public var tags: [String: String]
    /// How many calls.
    public var count: Int64

    /// - Parameters: see the properties.
    public init(
        account: String, hour: Int64, service: String, operation: String, region: String, principal: String,
        resource: String, tags: [String: String] = [:], count: Int64 = 1
    ) {
        self.account = account
        self.hour = hour
        self.service = service
        self.operation = operation
        self.region = region
        self.principal = principal
        self.resource = resource
        self.tags = tags
        self.count = count
    }
}

/// A line of the bill: some use, and what it costs.
public struct CostLine: Sendable {
    /// What was used.
    public let use: MeteredUse
    /// Who is billed.
    public let product: PriceList.Product
    /// `us-east-1-KMS-Requests`
    public let usageType: String
    /// `Requests`
    public let unit: String
    /// Of one; nil: the price list has none, and nobody guesses one.
    public let price: ExactAmount?
    /// The currency of the price.
    public let currency: String

    /// How much was used.
    public var quantity: ExactAmount { ExactAmount(use.count) }
    /// What it costs; nil: nobody knows.
    public var cost: ExactAmount? { price?.times(use.count) }
}

/// What several lines come to.
public struct CostTotal: Hashable, Sendable {
    /// The costs of those that have a price.
    public var cost = ExactAmount.zero
    /// How much was used.
    public var quantity = ExactAmount.zero
    /// What the quantity is of; nil: of different things.
    public private(set) var unit: String?
    private var isEmpty = true

    /// Nothing.
    public init() {}

    /// Adds a line.
    public mutating func add(_ line: CostLine) {
        if let cost = line.cost { self.cost += cost }
        quantity += line.quantity
        unit = isEmpty || unit == line.unit ? line.unit : nil
        isEmpty = false
    }
}
