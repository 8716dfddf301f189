import Costs
import FreeTierAPI
import Metering
public import Platform
import Wire

extension ServiceModule {
    /// AWS Free Tier: how much of what is free was used.
    /// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Free_Tier.html>
    public static let freeTier = ServiceModule(
        FreeTier.self, isGlobal: true, operations: [FreeTier.GetFreeTierUsage.self],
        events: EventParticulars(source: "freetier.amazonaws.com"))
}

extension FreeTier.GetFreeTierUsage: ComputeOperation {
    /// What has no end after the account's first year, nor a number in all: bills know no other.
    private static let type = "Always Free"

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("freetier:GetFreeTierUsage", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let limit = min(max(input.maxResults ?? 1000, 1), 1000)
        guard let paging = try? Paging(marker: input.nextToken, maxItems: limit) else {
            throw FreeTier.Failure.validationException("The next token is invalid.")
        }
        let bill = try await Bill(of: call.accountID, call.environment)
        let month = HourRange.period(.monthly, around: Int64(call.time / 3600))
        let offers = bill.prices.freeOffers
        var used = [Int64](repeating: 0, count: offers.count)
        try await bill.forEach(in: month) { (line) throws(ServiceError) in
            for (place, offer) in offers.enumerated() where offer.covers(line.use) {
                used[place] =
                    used[place].addingReportingOverflow(line.use.count).overflow ? .max : used[place] + line.use.count
            }
        }
        // As much in the hours to come as in those that were.
        let passed = max(1, call.time / 3600 - Double(month.start))
        let share = Double(month.end - month.start) / passed
        let all = zip(offers, used).map { offer, used in
            FreeTier.FreeTierUsage {
                $0.service = bill.prices.product(offer.service).name
                $0.operation = ""
                $0.usageType = offer.usageType
                $0.region = "global"
                $0.actualUsageAmount = Double(used)
                $0.forecastedUsageAmount = Double(used) * share
                $0.limit = Double(offer.limit)
                $0.unit = offer.unit
                $0.description = offer.description
                $0.freeTierType = Self.type
            }
        }
        let filter = input.filter
        var wanted: [FreeTier.FreeTierUsage] = []
        for usage in all where try filter?.matches(usage) ?? true { wanted.append(usage) }
        let page = page(wanted, by: { $0.usageType ?? "" }, paging)
        return Output {
            $0.freeTierUsages = page.items
            $0.nextToken = page.marker
        }
    }
}

extension View<FreeTier.ExpressionFields> {
    /// - Throws: ValidationException for an expression that says nothing, or two things at once.
    fileprivate func matches(_ usage: FreeTier.FreeTierUsage) throws(ServiceError) -> Bool {
        var results: [Bool] = []
        if let and {
            results.append(try and.map { (part) throws(ServiceError) in try part.matches(usage) }.allSatisfy(\.self))
        }
        if let or {
            results.append(try or.map { (part) throws(ServiceError) in try part.matches(usage) }.contains(true))
        }
        if let not { results.append(try !not.matches(usage)) }
        if let dimensions { results.append(try dimensions.matches(usage)) }
        guard results.count == 1, let result = results.first else {
            throw FreeTier.Failure.validationException("An expression has exactly one of Or, And, Not and Dimensions.")
        }
        return result
    }
}

extension View<FreeTier.DimensionValuesFields> {
    fileprivate func matches(_ usage: FreeTier.FreeTierUsage) throws(ServiceError) -> Bool {
        let value: String
        switch key {
        case "SERVICE": value = usage.service ?? ""
        case "OPERATION": value = usage.operation ?? ""
        case "USAGE_TYPE": value = usage.usageType ?? ""
        case "REGION": value = usage.region ?? ""
        case "FREE_TIER_TYPE": value = usage.freeTierType ?? ""
        case "DESCRIPTION": value = usage.description ?? ""
        default:
            // USAGE_PERCENTAGE
            guard matchOptions == ["GREATER_THAN_OR_EQUAL"], values.count == 1,
                let least = values.first.flatMap(Double.init)
            else {
                throw FreeTier.Failure.validationException(
                    "USAGE_PERCENTAGE takes one number and the match option GREATER_THAN_OR_EQUAL.")
            }
            return (usage.actualUsageAmount ?? 0) * 100 >= least * (usage.limit ?? 1)
        }
        guard let options = CostFilter.MatchOptions(names: matchOptions) else {
            throw FreeTier.Failure.validationException("\(key) can't have the match options \(matchOptions).")
        }
        return options.matches(value, values)
    }
}
