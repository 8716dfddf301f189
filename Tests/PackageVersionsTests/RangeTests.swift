import Testing

@testable import PackageVersions

@Suite struct RangeTests {
    private typealias Event = VersionRange.Event

    /// What OSV's own algorithm says, as its page writes it: all events in order, one after the other.
    private func reference(_ range: VersionRange, _ version: Int) -> Bool {
        func number(_ event: Event) -> Int { Int(event.version) ?? 0 }
        let limits = range.events.filter { if case .limit = $0 { true } else { false } }
        guard limits.isEmpty || limits.contains(where: { version < number($0) }) else { return false }
        var isAffected = false
        // At the same version what introduces comes first.
        func rank(_ event: Event) -> Int { if case .introduced = event { 0 } else { 1 } }
        for event in range.events.sorted(by: { (number($0), rank($0)) < (number($1), rank($1)) }) {
            switch event {
            case .introduced where version >= number(event): isAffected = true
            case .fixed where version >= number(event): isAffected = false
            case .lastAffected where version > number(event): isAffected = false
            default: continue
            }
        }
        return isAffected
    }

    @Test func asTheReference() {
        var random = SplitMix(state: 3)
        for _ in 0..<5_000 {
            let events = (0..<Int.random(in: 1...5, using: &random)).map { _ -> Event in
                let version = "\(Int.random(in: 0...8, using: &random))"
                return switch Int.random(in: 0..<8, using: &random) {
                case 0..<4: .introduced(version)
                case 4, 5: .fixed(version)
                case 6: .lastAffected(version)
                default: .limit(version)
                }
            }
            let range = VersionRange(events)
            for version in 0...9 {
                let answer = range.contains("\(version)", by: .semantic)
                let isAffected = if case .affected = answer { true } else { false }
                #expect(isAffected == reference(range, version), "\(events) \(version)")
                guard case .affected(let fixedIn?) = answer else { continue }
                #expect(Int(fixedIn).map { $0 > version } == true)
                #expect(events.contains(.fixed(fixedIn)))
            }
        }
    }

    @Test func nothingIsBeforeZero() {
        let range = VersionRange([.introduced("0"), .fixed("1.0-1")])
        #expect(range.contains("0~~", by: .debian) == .affected(fixedIn: "1.0-1"))
        #expect(range.contains("1.0-1", by: .debian) == .unaffected)
        #expect(VersionRange([.introduced("0")]).contains("1:1", by: .debian) == .affected(fixedIn: nil))
    }

    @Test func severalFixes() {
        let range = VersionRange([.introduced("1.0"), .fixed("1.5"), .introduced("2.0"), .fixed("2.3")])
        #expect(range.contains("1.2", by: .semantic) == .affected(fixedIn: "1.5"))
        #expect(range.contains("1.7.0", by: .semantic) == .unaffected)
        #expect(range.contains("2.2.9", by: .semantic) == .affected(fixedIn: "2.3"))
    }

    @Test func whatIsNoVersionIsUnknown() {
        let range = VersionRange([.introduced("1.0"), .fixed("2.0")])
        #expect(range.contains("latest", by: .python) == .unknown)
        #expect(VersionRange([.introduced("x")]).contains("1.0", by: .python) == .unknown)
        #expect(VersionRange([]).contains("1.0", by: .python) == .unaffected)
    }
}
