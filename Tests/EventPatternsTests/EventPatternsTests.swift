import Testing

@testable import EventPatterns
