/// The versions that an advisory affects, as OSV says it: what happens from which version on.
/// <https://ossf.github.io/osv-schema/#affectedranges-field>
public struct VersionRange: Sendable, Hashable, Codable {
    /// What happens at a version.
    public enum Event: Sendable, Hashable, Codable {
        /// The fault came; `0` is before every version.
        case introduced(String)
        /// The fault went.
        case fixed(String)
        /// The last version that has it.
        case lastAffected(String)
        /// Nothing is said of this version and those behind it.
        case limit(String)

        /// The version at which it happens.
        public var version: String {
            switch self {
            case .introduced(let version), .fixed(let version), .lastAffected(let version), .limit(let version): version
            }
        }
    }

    /// The events, in any order.
    public var events: [Event]

    /// Makes a range.
    public init(_ events: [Event]) { self.events = events }

    /// What a range says of a version.
    public enum Answer: Sendable, Hashable {
        /// The version, or one of the range, is none of the scheme; or the range says nothing.
        case unknown
        /// It is not affected.
        case unaffected
        /// It is; `fixedIn` is the next version that is not, if there is one.
        case affected(fixedIn: String?)
    }

    /// Whether a version is in the range.
    public func contains(_ version: String, by scheme: VersionScheme) -> Answer {
        var limits = 0
        var isBeforeLimit = false
        // The last event up to the version decides, and of those at the same version the last by kind: fixes win.
        var decisive: (event: Event, isOn: Bool)?
        var fixedIn: String?
        for event in events {
            guard let order = Self.order(version, event, scheme) else { return .unknown }
            switch event {
            case .limit:
                limits += 1
                if order == .older { isBeforeLimit = true }
                continue
            case .introduced where order != .older: break
            case .fixed where order != .older: break
            case .lastAffected where order == .newer: break
            case .fixed(let fix):
                // Newer than the version: a candidate for where it is fixed.
                if let known = fixedIn, scheme.compare(fix, known) != .older { continue }
                fixedIn = fix
                continue
            default: continue
            }
            let isOn = if case .introduced = event { true } else { false }
            if let known = decisive {
                switch Self.compare(event, known.event, scheme) {
                case nil: return .unknown
                case .older?: continue
                // A version at which a fault comes and goes does not have it.
                case .same? where isOn: continue
                default: break
                }
            }
            decisive = (event, isOn)
        }
        guard let decisive else { return .unaffected }
        if limits > 0, !isBeforeLimit { return .unaffected }
        return decisive.isOn ? .affected(fixedIn: fixedIn) : .unaffected
    }

    /// How a version stands to an event's; nil if the event's is none.
    private static func order(_ version: String, _ event: Event, _ scheme: VersionScheme) -> VersionOrder? {
        switch event {
        case .introduced("0"), .fixed("0"): .newer
        case .limit("*"): .older
        default: scheme.compare(version, event.version)
        }
    }

    private static func compare(_ left: Event, _ right: Event, _ scheme: VersionScheme) -> VersionOrder? {
        switch (left.version, right.version) {
        case ("0", "0"): .same
        case ("0", _): .older
        case (_, "0"): .newer
        default: scheme.compare(left.version, right.version)
        }
    }
}
