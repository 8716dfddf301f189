public struct OneTimePassword { public init(seed: [UInt8]) {}; public static let stepSeconds = 30.0; public static func step(at: Double) -> Int { 0 }
 public func step(matching code: String, around time: Double, window: Int, after lastStep: Int?) -> Int? { nil }
 public func consecutiveSteps(_ a: String, _ b: String, around time: Double, window: Int, after: Int?) -> Int? { nil } }
public enum Base32 { public static func encode(_ b: [UInt8]) -> String { "" } }
