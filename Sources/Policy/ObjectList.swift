/// A list of objects whose owner keeps them alive, so that reading one counts no references (see `PolicyMemory`).
struct ObjectList<Element: AnyObject & Sendable>: BitwiseCopyable, @unchecked Sendable {
    private let objects: UnsafeBufferPointer<Unmanaged<Element>>

    /// Keeps the objects alive until `release`.
    init(retaining elements: some Collection<Element>) {
        let objects = UnsafeMutableBufferPointer<Unmanaged<Element>>.allocate(capacity: elements.count)
        _ = objects.initialize(fromContentsOf: elements.map(Unmanaged.passRetained))
        self.objects = UnsafeBufferPointer(objects)
    }

    /// To be called once, when the owner goes.
    func release() {
        for object in objects { object.release() }
        objects.deallocate()
    }

    var count: Int { objects.count }
    var isEmpty: Bool { objects.isEmpty }

    /// Good as long as the list is.
    @inline(__always)
    subscript(index: Int) -> Unmanaged<Element> {
        precondition(objects.indices.contains(index))
        return objects[index]
    }

    var elements: [Element] { objects.map { $0.takeUnretainedValue() } }
}

extension Array where Element: AnyObject {
    /// The elements, uncounted: to be used only while the array is certain to exist.
    @inline(__always)
    func withUncounted<Result>(_ body: (UnsafeBufferPointer<Unmanaged<Element>>) -> Result) -> Result {
        withUnsafeBufferPointer { elements in
            // An unmanaged reference is laid out as a strong one.
            elements.withMemoryRebound(to: Unmanaged<Element>.self, body)
        }
    }
}
