import FoundationEssentials
import Testing

@testable import KMSService

/// What one grant may be made by another, and which contexts are the same.
@Suite struct GrantTests {
    private func grant(
        _ operations: [String] = ["Encrypt"], equals: [String: String]? = nil, subset: [String: String]? = nil,
        source: String? = nil
    ) -> Grant {
        Grant(
            id: "", keyID: "", grantee: "", retiring: nil, retiringAccountID: nil, operations: operations,
            equals: equals,
            subset: subset, sourceARN: source, name: nil, issuer: "", creationDate: 0, tokenKey: Data())
    }

    @Test func noMoreOperations() {
        #expect(grant(["Encrypt", "Decrypt"]).covers(grant(["Decrypt"])))
        #expect(!grant(["Decrypt"]).covers(grant(["Encrypt", "Decrypt"])))
    }

    @Test func noWeakerConditions() {
        let (one, two) = (["a": "1"], ["a": "1", "b": "2"])
        // A grant without conditions may be passed on with any.
        for other in [grant(), grant(equals: one), grant(subset: two)] { #expect(grant().covers(other)) }
        #expect(grant(equals: one).covers(grant(equals: one)))
        for other in [grant(), grant(equals: two), grant(subset: one)] { #expect(!grant(equals: one).covers(other)) }
        for other in [grant(equals: one), grant(equals: two), grant(subset: one), grant(subset: two)] {
            #expect(grant(subset: one).covers(other))
        }
        for other in [grant(), grant(equals: one), grant(subset: one)] { #expect(!grant(subset: two).covers(other)) }
    }

    @Test func theSameSource() {
        let arn = "arn:aws:s3:::bucket"
        #expect(grant(source: arn).covers(grant(source: arn)))
        #expect(!grant(source: arn).covers(grant()))
        #expect(!grant(source: arn).covers(grant(source: "arn:aws:s3:::other")))
        #expect(grant().covers(grant(source: arn)))
    }

    /// Swift takes é and e with an accent for the same text, and a ciphertext does not.
    @Test func contextsAreComparedByTheirBytes() {
        let (composed, decomposed) = ("\u{e9}", "e\u{301}")
        #expect(composed == decomposed)
        #expect(!["a": composed].isSameContext(as: ["a": decomposed]))
        #expect(![composed: "a"].isSameContext(as: [decomposed: "a"]))
        #expect(!["a": composed, "b": "c"].holds(["a": decomposed]))
        #expect(Grant.digest(of: ["a": composed]) != Grant.digest(of: ["a": decomposed]))
    }

    /// Where one text ends and the next begins counts.
    @Test func digestsAreOfPairs() {
        #expect(Grant.digest(of: ["ab": "c"]) != Grant.digest(of: ["a": "bc"]))
        #expect(Grant.digest(of: ["a": "b", "c": "d"]) == Grant.digest(of: ["c": "d", "a": "b"]))
        #expect(Grant.digest(of: [:]) != Grant.digest(of: ["": ""]))
    }
}
