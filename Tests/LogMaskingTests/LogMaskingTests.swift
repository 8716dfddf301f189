import Testing

@testable import LogMasking
