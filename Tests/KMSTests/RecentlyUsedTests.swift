import Testing

@testable import KMSService

@Suite struct RecentlyUsedTests {
    @Test func whatIsAskedForStaysAndWhatIsNotGoes() {
        var cache = RecentlyUsed<Int, String>(limit: 20) { _ in 1 }
        cache.keep("often", 0)
        for number in 1...1000 {
            cache.keep("\(number)", number)
            #expect(cache.value(0) == "often")
            #expect(cache.value(number) == "\(number)")
            #expect(cache.count <= 20)
        }
        #expect(cache.value(1) == nil)
    }

    @Test func whatIsHeavyTakesThePlaceOfMany() {
        var cache = RecentlyUsed<Int, Int>(limit: 100) { $0 }
        for number in 1...10 { cache.keep(5, number) }
        #expect(cache.count == 10)
        for number in 11...20 { cache.keep(50, number) }
        #expect(cache.count == 2)
        // One that is heavier than all that may be kept is kept alone.
        cache.keep(1000, 21)
        #expect(cache.value(21) == 1000)
        cache.keep(5, 22)
        cache.keep(5, 23)
        #expect(cache.value(23) == 5)
    }

    @Test func whatIsRemovedOrReplacedIsGone() {
        var cache = RecentlyUsed<String, Int>(limit: 4) { _ in 1 }
        cache.keep(1, "a")
        cache.keep(2, "a")
        #expect(cache.value("a") == 2 && cache.count == 1)
        cache.keep(3, "b")
        // Now both are of the old generation.
        cache.keep(4, "c")
        cache.remove("a")
        cache.remove("c")
        #expect(cache.value("a") == nil && cache.value("c") == nil && cache.value("b") == 3)
        cache.keep(5, "b")
        #expect(cache.value("b") == 5 && cache.count == 1)
        cache.removeAll()
        #expect(cache.value("b") == nil && cache.count == 0)
    }

    @Test func itAgreesWithADictionaryAsFarAsItRemembers() {
        var dice = SystemRandomNumberGenerator()
        var (cache, dictionary) = (RecentlyUsed<Int, Int>(limit: 64) { $0 % 7 + 1 }, [Int: Int]())
        for _ in 0..<20_000 {
            let key = Int.random(in: 0..<100, using: &dice)
            switch Int.random(in: 0..<4, using: &dice) {
            case 0:
                let value = Int.random(in: 0..<1000, using: &dice)
                cache.keep(value, key)
                dictionary[key] = value
            case 1:
                cache.remove(key)
                dictionary[key] = nil
            default:
                let value = cache.value(key)
                #expect(value == nil || value == dictionary[key])
            }
            // The lightest weighs 1, and each generation has half of the limit, or one that is too heavy for it.
            #expect(cache.count <= 64)
        }
    }
}
