extension PostureCheck {
    /// All checks, in the order in which they are shown.
    public static let all: [PostureCheck] =
        ofRoot + ofCredentials + ofAccount + ofPolicies + ofBuckets + ofTrails + ofMonitoring + ofNetworks + ofMachines
        + ofResources

    private static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    /// The check of an id; nil: there is none.
    public static func named(_ id: String) -> PostureCheck? { byID[id] }
}
