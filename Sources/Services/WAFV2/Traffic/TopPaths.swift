import Ledger
import Platform
import WAF
import WAFV2API
import Wire

/// Which paths had the most requests. Those of all clients count; bots are told apart where a rule group has labelled them.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_GetTopPathStatisticsByTraffic.html>
extension WAFV2.GetTopPathStatisticsByTraffic: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.webAclArn), name.type == StoredWebACL.type else {
            throw .invalid(.resourceArn, input.webAclArn, .arn)
        }
        return .required(call.wafAccess(name.arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let acl = try records.resource(StoredWebACL.self, arn: input.webAclArn)
        guard acl.fullName.place == records.scope, acl.head.scope == (try WAFScope(input.scope, region: call.region))
        else { throw .nonexistentItem }
        let window = input.timeWindow
        guard window.startTime.secondsSinceEpoch <= window.endTime.secondsSinceEpoch else {
            throw .invalid(.webACL, "TimeWindow", .time)
        }
        let (paths, all) = call.environment.projection(WebTraffic.self).paths.counts(
            webACL: acl.arn, from: max(window.startTime.secondsSinceEpoch, call.time - WebTraffic.longest),
            to: window.endTime.secondsSinceEpoch)
        let query = TopPathQuery(input)
        let counted = query.counted(paths)
        let total = query.isFiltered || query.prefix != nil ? counted.values.reduce(0) { $0 + $1.requests } : all
        let ordered = counted.sorted { ($1.value.requests, $0.key) < ($0.value.requests, $1.key) }
        let page = page(ordered, try WAFPage.paging(input.nextMarker, input.limit))
        return Output {
            $0.pathStatistics = page.items.map { path, counts in
                query.statistics(path, counts, of: total, bots: input.numberOfTopTrafficBotsPerPath)
            }
            $0.totalRequestCount = total
            $0.nextMarker = page.marker
            if !query.isFiltered { $0.topCategories = query.categories(paths, limit: input.limit) }
        }
    }
}

/// What is asked for of the paths.
private struct TopPathQuery {
    let prefix: String?
    private let category: String?
    private let organization: String?
    private let name: String?

    init(_ input: WAFV2.GetTopPathStatisticsByTraffic.Input) {
        prefix = input.uriPathPrefix
        category = input.botCategory
        organization = input.botOrganization
        name = input.botName
    }

    var isFiltered: Bool { category != nil || organization != nil || name != nil }

    /// The paths that are shown: what begins with the prefix, or else each path's first part.
    func counted(_ paths: [String: PathStatistics.Counts]) -> [String: PathStatistics.Counts] {
        var shown: [String: PathStatistics.Counts] = [:]
        for (path, counts) in paths {
            var counts = counts
            if isFiltered {
                counts.bots = counts.bots.filter { isWanted($0.key) }
                counts.requests = counts.bots.values.reduce(0, +)
                guard counts.requests > 0 else { continue }
            }
            if let prefix {
                if path.hasPrefix(prefix) { shown[path, default: .init()].add(counts) }
            } else {
                shown[Self.top(path), default: .init()].add(counts)
            }
        }
        return shown
    }

    /// `/api/` of `/api/v1/users`, and `/about` of itself.
    private static func top(_ path: String) -> String {
        guard let end = path.dropFirst().firstIndex(of: "/") else { return path.isEmpty ? "/" : path }
        return String(path[...end])
    }

    private func isWanted(_ bot: PathStatistics.Bot) -> Bool {
        func fits(_ wanted: String?, _ value: String?) -> Bool {
            wanted.map { $0.lowercased() == value?.lowercased() } ?? true
        }
        return fits(category, bot.category) && fits(organization, bot.organization) && fits(name, bot.name)
    }

    func statistics(
        _ path: String, _ counts: PathStatistics.Counts, of total: Int, bots most: Int
    ) -> WAFV2.PathStatistics {
        let bots = counts.bots.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }.prefix(max(0, most))
        return WAFV2.PathStatistics {
            $0.path = path
            $0.requestCount = counts.requests
            $0.percentage = Self.percentage(counts.requests, of: total)
            if !bots.isEmpty {
                $0.topBots = bots.map { bot, count in
                    WAFV2.BotStatistics {
                        $0.botName = bot.name
                        $0.requestCount = count
                        $0.percentage = Self.percentage(count, of: counts.requests)
                    }
                }
            }
            if isFiltered {
                $0.source = WAFV2.FilterSource {
                    $0.botCategory = category
                    $0.botOrganization = organization
                    $0.botName = name
                }
            }
        }
    }

    /// The paths of each category of bots, the busiest first.
    func categories(_ paths: [String: PathStatistics.Counts], limit: Int) -> [WAFV2.PathStatistics]? {
        struct Place: Hashable {
            let category: String
            let path: String
        }
        var places: [Place: Int] = [:]
        for (path, counts) in counted(paths) {
            for (bot, count) in counts.bots {
                guard let category = bot.category else { continue }
                places[Place(category: category, path: path), default: 0] += count
            }
        }
        guard !places.isEmpty else { return nil }
        let total = places.values.reduce(0, +)
        return places.sorted { ($1.value, $0.key.path) < ($0.value, $1.key.path) }.prefix(limit).map { place, count in
            WAFV2.PathStatistics {
                $0.source = WAFV2.FilterSource { $0.botCategory = place.category }
                $0.path = place.path
                $0.requestCount = count
                $0.percentage = Self.percentage(count, of: total)
            }
        }
    }

    private static func percentage(_ part: Int, of whole: Int) -> Double {
        whole > 0 ? min(100, Double(part) * 100 / Double(whole)) : 0
    }
}
