#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the C library computes.
enum Mathematics {
    static func logarithm(_ number: Double) -> Double { log(number) }
    static func exponential(_ number: Double) -> Double { exp(number) }
    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
    static func sine(_ radians: Double) -> Double { sin(radians) }
    static func cosine(_ radians: Double) -> Double { cos(radians) }
    static func arcsine(_ number: Double) -> Double { asin(number) }
}
