import Costs
import Testing

/// What calls cost, by lists of prices.
@Suite struct PriceListTests {
    private func list(_ text: String) throws -> PriceList { try PriceList(text) }

    @Test func theExample() throws {
        let prices = try PriceList(
            """
            published 2026-11-30
            currency USD
            product kms awskms AWS Key Management Service
            price kms us-east-1 {region}-KMS-Requests Requests 0.000003 Encrypt,Decrypt
            """)
        let use = MeteredUse(
            account: "111122223333", hour: 0, service: "kms", operation: "Decrypt", region: "us-east-1", principal: "",
            resource: "", count: 5)
        let line = prices.line(use)
        #expect(line.usageType == "us-east-1-KMS-Requests")
        #expect(line.product.name == "AWS Key Management Service")
        #expect(line.cost?.text() == "0.000015")
        #expect(prices.published?.text == "2026-11-30")
    }

    @Test func whatStandsNearerWins() throws {
        let prices = try list(
            """
            price s * a Requests 1 *
            price s eu-west-1 b Requests 2 *   # a Region
            price s * c Requests 3 Get
            price s eu-west-1 d Requests 4 Get
            price s/.fifo * e Requests 5 *
            """)
        func type(_ operation: String, _ region: String, _ resource: String = "") -> String? {
            prices.price("s", operation, in: region, on: resource)?.usageType
        }
        #expect(type("Put", "us-east-1") == "a")
        #expect(type("Put", "eu-west-1") == "b")
        #expect(type("Get", "us-east-1") == "c")
        #expect(type("Get", "eu-west-1") == "d")
        #expect(type("Get", "eu-west-1", "arn:aws:sqs:eu-west-1:111122223333:q.fifo") == "e")
        #expect(prices.price("t", "Get", in: "eu-west-1") == nil)
    }

    @Test(arguments: [
        "price s * a Requests 1", "price s * a Requests -1 *", "price s * a Requests 1e3 *", "currency dollars",
        "published yesterday", "costs s", "price s * a Requests 1 *\nprice s * b Requests 2 Get,*",
        "product s code name\nproduct s code other",
    ])
    func whatIsNoList(_ text: String) {
        #expect(throws: PriceList.Fault.self) { try PriceList(text) }
    }

    @Test func aFaultSaysWhere() {
        let fault = #expect(throws: PriceList.Fault.self) { try PriceList("# nothing\n\nprice") }
        #expect(fault?.line == 3)
    }

    @Test func whatShipsCanBeRead() throws {
        let prices = try PriceList(PriceList.publishedText)
        #expect(prices.price("kms", "Encrypt", in: "us-east-1")?.amount.text() == "0.000003")
        #expect(prices.price("kms", "Sign", in: "us-east-1") == nil)
        #expect(prices.price("iam", "CreateUser", in: "us-east-1")?.amount == .zero)
        #expect(PriceList.published.published == prices.published)
        #expect(prices.published != nil)
    }

    @Test func aMissingPriceIsTold() throws {
        let use = MeteredUse(
            account: "111122223333", hour: 0, service: "unknown", operation: "Do", region: "eu-central-1",
            principal: "",
            resource: "", count: 7)
        let line = PriceList.published.line(use)
        #expect(line.cost == nil)
        #expect(line.usageType == "EUC1-Requests-Unpriced")
        var total = CostTotal()
        total.add(line)
        #expect(total.cost == .zero)
        #expect(total.quantity == ExactAmount(7))
    }

    @Test func whatIsFree() throws {
        let prices = try PriceList(
            """
            free sqs b 10 Requests * all of it
            free kms a 20000 Requests Encrypt,Decrypt 20,000 requests
            """)
        #expect(prices.freeOffers.map(\.usageType) == ["a", "b"])
        let offer = try #require(prices.freeOffers.first)
        #expect(offer.limit == 20000 && offer.description == "20,000 requests")
        func covers(_ service: String, _ operation: String) -> Bool {
            offer.covers(
                MeteredUse(
                    account: "", hour: 0, service: service, operation: operation, region: "eu-west-1", principal: "",
                    resource: ""))
        }
        #expect(covers("kms", "Encrypt") && !covers("kms", "Sign") && !covers("sqs", "Encrypt"))
        #expect(!PriceList.published.freeOffers.isEmpty)
        for bad in ["free kms a 0 Requests * x", "free kms a 1.5 Requests * x", "free kms a 1 Requests *"] {
            #expect(throws: PriceList.Fault.self) { try PriceList(bad) }
        }
        #expect(throws: PriceList.Fault.self) { try PriceList("free a b 1 c * d\nfree e b 1 c * d") }
    }
}
