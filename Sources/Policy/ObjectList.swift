/// Objects in order, which whoever has the list keeps alive, so that reading one costs no reference counting: on the
/// way of a decision, counts that all threads share would cost more than all the rest.
struct ObjectList<Element: AnyObject & Sendable>: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Unmanaged<Element>>
    let count: Int

    /// Keeps the objects alive until `release`.
    init(retaining elements: [Element]) {
        base = .allocate(capacity: elements.count)
        count = elements.count
        for (index, element) in elements.enumerated() {
            (base + index).initialize(to: Unmanaged.passRetained(element))
        }
    }

    /// To be called once, when the owner goes.
    func release() {
        for index in 0..<count { base[index].release() }
        base.deallocate()
    }

    /// - Parameter index: below `count`.
    @inline(__always)
    func with<Result>(_ index: Int, _ body: (Element) -> Result) -> Result {
        precondition(index >= 0 && index < count)
        return base[index]._withUnsafeGuaranteedRef(body)
    }

    var elements: [Element] { (0..<count).map { base[$0].takeUnretainedValue() } }
}
