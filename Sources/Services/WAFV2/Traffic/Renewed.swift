/// Something that is made of a source, which takes a while, and is made anew when the source has changed.
///
/// Who needs it waits until it is made. But where there is an older one, a few wait, and for a moment: the others get that. So nobody
/// can stop an application by changing what stands before it again and again, and a flood does not pile up at a change. AWS says that
/// changes take from seconds to minutes: <https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-testing.html>
struct Renewed<Source, Product> {
    enum Look {
        case current(Product)
        /// It is to be made anew, and this will do until then.
        case older(Product)
        /// It is to be made, and waited for.
        case wait
    }

    /// What it is to be made of.
    private(set) var source: Source
    /// How often the source has changed.
    private(set) var version = 0
    private var made: (product: Product, version: Int)?
    /// When it is made anew although nothing has changed, in seconds since 1970.
    private var retry = Double.infinity
    /// Since when somebody has wanted a newer one than there is.
    private var wantedSince: Double?
    /// How many have waited for it.
    private var waiting = 0

    /// For how long an older one is not good enough, in seconds.
    static var longestWait: Double { 10 }
    /// For how many it is not.
    static var mostWaiting: Int { 16 }

    init(_ source: Source) { self.source = source }

    mutating func change(_ source: Source) {
        self.source = source
        version += 1
    }

    /// What there is of it for somebody who needs it.
    /// - Complexity: O(1)
    mutating func look(at time: @autoclosure () -> Double) -> Look {
        guard let made else { return .wait }
        guard made.version != version else {
            return retry == .infinity || retry > time() ? .current(made.product) : .older(made.product)
        }
        let now = time()
        let since = wantedSince ?? now
        wantedSince = since
        waiting += 1
        return waiting > Self.mostWaiting || now > since + Self.longestWait ? .older(made.product) : .wait
    }

    /// Takes in what was made.
    /// - Parameters:
    ///   - version: of the source that it was made of. Where that has changed meanwhile, it is better than what there was.
    ///   - retry: when it is made anew although nothing has changed, in seconds since 1970.
    mutating func take(_ product: Product, of version: Int, retry: Double = .infinity) {
        (made, self.retry) = ((product, version), retry)
        if version == self.version { (wantedSince, waiting) = (nil, 0) }
    }
}
