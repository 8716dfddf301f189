public import Directory

/// AWS's regions in the partition `aws`, and who may use them.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
public enum Regions {
    /// Every account has them.
    private static let standard = """
        ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 \
        eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
        """.split(separator: " ").map(String.init)

    /// An account has them once it has opted in: those that came after March 20, 2019.
    private static let optional = """
        af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 \
        ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1
        """.split(separator: " ").map(String.init)

    /// The names of all regions, sorted.
    public static let all = (standard + optional).sorted()
    private static let standardSet = Set(standard)
    private static let optionalSet = Set(optional)

    /// Whether accounts must opt in to a region; nil for a name that is not one of AWS's regions.
    public static func needsOptIn(_ region: String) -> Bool? {
        if standardSet.contains(region) { return false }
        return optionalSet.contains(region) ? true : nil
    }
}

extension Environment {
    /// The status of a region for an account at a time, in seconds since 1970: opting in and out takes a while. nil for
    /// a name that is not one of AWS's regions.
    ///
    /// The region that this Gatehouse is in is open to all accounts.
    public func status(ofRegion region: String, for account: String, at time: Double) -> RegionOptIn.Status? {
        guard let needsOptIn = Regions.needsOptIn(region) else { return nil }
        guard needsOptIn, region != self.region else { return .enabledByDefault }
        return directory.regionOptIn(region, in: account)?.status(at: time) ?? .disabled
    }

    /// Whether an account's credentials are accepted in a region.
    ///
    /// AWS knows them there once the region is open; a region that closes refuses them at once. Names that are not
    /// those of AWS's regions are open.
    public func isRegionOpen(_ region: String, to account: String, at time: Double) -> Bool {
        switch status(ofRegion: region, for: account, at: time) {
        case nil, .enabled, .enabledByDefault: true
        case .enabling, .disabling, .disabled: false
        }
    }
}
