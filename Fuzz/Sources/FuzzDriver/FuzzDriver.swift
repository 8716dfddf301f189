import Glibc
import LibFuzzer

/// Hands the program to libFuzzer, which calls `test` with one input after another.
public func runFuzzer(_ test: @convention(c) (_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt) -> Never {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, test))
}
