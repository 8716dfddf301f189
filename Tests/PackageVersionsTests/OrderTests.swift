import Testing

@testable import PackageVersions

/// Lists in order, the oldest first, from the schemes' own documents.
private let lists: [(VersionScheme, [String])] = [
    (
        .debian,
        [
            "0~~", "0~~a", "0~", "0", "0a", "1.0~beta1~svn1245", "1.0~beta1", "1.0~rc1-1", "1.0-0.1", "1.0-1",
            "1.0-1+b1", "1.0-1.1", "1.0-10", "1.0.1", "1.02a", "1.2+dfsg", "1.10", "9.2a", "10a1", "1:0.1", "2:0",
        ]
    ),
    (
        .rpm,
        [
            "1.0~rc1~git123", "1.0~rc1", "1.0", "1.0^", "1.0^20160101", "1.0^20160102", "1.0.a", "1.0.1", "1.01.1",
            "1.5", "1.5-1", "1.5-2", "1.10-1", "2.0.1a", "2.0.2", "8", "10xyz", "11", "1:0.1-1",
        ]
    ),
    (
        .alpine,
        [
            "1.2.3_alpha", "1.2.3_alpha2", "1.2.3_beta", "1.2.3_pre1", "1.2.3_rc1", "1.2.3_rc2", "1.2.3-r0", "1.2.3-r1",
            "1.2.3-r10", "1.2.3_git20200101", "1.2.3_p1", "1.2.3_p1-r1", "1.2.3a", "1.2.3b", "1.2.3.1", "1.2.10",
            "1.10", "2.0_rc1", "2.0", "20210722",
        ]
    ),
    (
        .python,
        [
            "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
            "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
            "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "2013.10", "1!0.1",
        ]
    ),
    (
        .semantic,
        [
            "0.0.0-20170915032832-14c0d48ead0c", "0.0.0", "1.0.0-0", "1.0.0-1", "1.0.0-10", "1.0.0-1a", "1.0.0-alpha",
            "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "v1.0.0",
            "1.0.1", "1.2.0", "1.10.0", "2.0.0", "99999999999999999999.0.0",
        ]
    ),
    (
        .maven,
        [
            "1-alpha", "1-alpha-1", "1-beta", "1-milestone-2", "1-rc", "1-SNAPSHOT", "1", "1-sp", "1-whatever", "1-1",
            "1-2", "1.0.1", "1.1", "1.2-alpha-6", "1.2", "1.10", "2.0.0.RELEASE", "2.0.1.RELEASE",
        ]
    ),
]

@Suite struct OrderTests {
    @Test(arguments: lists.indices)
    func documentedLists(_ number: Int) throws {
        let (scheme, versions) = lists[number]
        for (place, version) in versions.enumerated() {
            for (other, second) in versions.enumerated() {
                let expected = VersionOrder(place, other)
                #expect(scheme.compare(version, second) == expected, "\(scheme) \(version) \(second)")
            }
        }
    }

    @Test(arguments: [
        (VersionScheme.debian, "1.0", "1.0-0"), (.debian, "0:1.0", "1.0"), (.debian, "1.00", "1.0"),
        (.debian, " 1.0 ", "1.0"), (.rpm, "1.0", "0:1.0"), (.rpm, "1_0", "1.0"), (.rpm, "2a", "2.a"),
        (.python, "1.0", "1"), (.python, "v1.0.0", "1"), (.python, "1.0-ALPHA_1", "1.0a1"),
        (.python, "1.0-1", "1.0.post1"),
        (.python, "1.0c", "1.0rc0"), (.python, "0!1+a_B", "1+A.b"), (.semantic, "1.0.0+a", "1.0.0+b"),
        (.semantic, "=v1.2", "1.2.0"), (.maven, "1.0.0", "1"), (.maven, "1.ga", "1-final"), (.maven, "1-CR1", "1-rc1"),
        (.maven, "1.0-a1", "1-alpha-1"), (.alpine, "1.0-r0", "1.0-r00"),
    ])
    func theSame(_ scheme: VersionScheme, _ one: String, _ other: String) {
        #expect(scheme.compare(one, other) == .same)
        #expect(scheme.compare(other, one) == .same)
    }

    @Test(arguments: [
        (VersionScheme.debian, ""), (.debian, "1:"), (.debian, "a:1"), (.debian, ":1"), (.debian, "1 2"),
        (.debian, "99999999999:1"), (.debian, "1.0-"), (.alpine, ""), (.alpine, "a1"), (.alpine, "1.0_"),
        (.alpine, "1.0_foo"), (.alpine, "1.0-1"), (.alpine, "1..0"), (.alpine, "1.0ab"), (.python, "1.0."),
        (.python, ""), (.python, "latest"), (.python, "1.0+"), (.python, "1.0.x"), (.semantic, "1.0.0-01"),
        (.semantic, "01.0.0"), (.semantic, "1.0.0-"), (.semantic, "1.0.0."), (.semantic, "x"), (.semantic, "1.0.0.0"),
        (.maven, String(repeating: "-", count: 1025)), (.rpm, String(repeating: "1", count: 1025)),
    ])
    func noVersions(_ scheme: VersionScheme, _ text: String) {
        #expect(!scheme.isValid(text))
        #expect(scheme.compare(text, "1") == nil)
        #expect(scheme.compare("1", text) == nil)
    }

    /// Whatever the texts, an order is one: no two say of each other that they are newer, and what is newer than what is newer
    /// is so itself.
    @Test(arguments: VersionScheme.allCases)
    func anOrder(_ scheme: VersionScheme) {
        var random = SplitMix(state: 7)
        let pieces = [
            "0", "1", "2", "10", "00", "01", ".", ".", "-", "_", "~", "^", "+", ":", "!", "a", "b", "rc", "alpha",
            "pre",
            "dev", "post", "p", "-r1", "final", "sp", "Z", "é", "\0",
        ]
        var versions: [String] = []
        while versions.count < 120 {
            let text = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            // Some schemes take few of them.
            let candidate = Bool.random(using: &random) ? text : "1.\(Int.random(in: 0...3, using: &random))\(text)"
            if scheme.isValid(candidate) || Int.random(in: 0..<20, using: &random) == 0 { versions.append(candidate) }
        }
        for one in versions {
            for other in versions {
                let order = scheme.compare(one, other)
                #expect(order == scheme.compare(other, one)?.reversed)
                // Maven's own order is none: it says of some that they follow each other in a circle.
                guard scheme != .maven, order == .older || order == .same else { continue }
                for third in versions.prefix(40) where scheme.compare(other, third) == .older {
                    #expect(scheme.compare(one, third) == .older, "\(one) \(other) \(third)")
                }
            }
        }
    }
}

/// Random numbers that are the same each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
