public import Platform
public import Wire

/// Where checks read what there is: the resources of an account, by their types, as configuration items.
///
/// That is all that they see. There is one for what is recorded, ``RecordedPosture``, and tests make their own.
public protocol PostureSource {
    /// The resources of a type, in a Region; empty for what is in none. Types that nobody knows have none.
    func items(_ type: String, in region: String) throws(ServiceError) -> [ConfigurationItem]
    /// Whether there can be resources of a type: some module has them.
    func knows(_ type: String) -> Bool
}

/// What a check sees.
public struct PostureView {
    /// What is read.
    public let source: any PostureSource
    /// Whose resources.
    public let account: String
    /// The Regions that are looked at.
    public let regions: [String]
    /// The Region that is looked at; empty where the account as a whole is.
    public let region: String
    /// Seconds since 1970.
    public let now: Double

    /// - Parameters: see the properties.
    public init(_ source: any PostureSource, account: String, regions: [String], region: String = "", now: Double) {
        self.source = source
        self.account = account
        self.regions = regions
        self.region = region
        self.now = now
    }

    /// The resources of a type in the Region that is looked at.
    public func items(_ type: String) throws(ServiceError) -> [ConfigurationItem] {
        try source.items(type, in: region)
    }

    /// The resources of a type in all Regions that are looked at.
    public func everywhere(_ type: String) throws(ServiceError) -> [ConfigurationItem] {
        var found: [ConfigurationItem] = []
        for region in regions { found += try source.items(type, in: region) }
        return found
    }

    /// The resources of a type that is in no Region.
    public func global(_ type: String) throws(ServiceError) -> [ConfigurationItem] { try source.items(type, in: "") }

    /// How many whole days have gone by since a time in seconds since 1970.
    public func days(since time: Double) -> Int { Int(max(0, min(now - time, 1e12)) / 86_400) }

    /// The same view of one Region.
    public func of(_ region: String) -> PostureView {
        PostureView(source, account: account, regions: regions, region: region, now: now)
    }
}
