import ConsoleAssets
import Pages

/// The console's files. They are read when the first page is asked for.
enum Assets {
    static let files = PageFiles(
        UnsafeBufferPointer(start: gatehouse_console_files(), count: gatehouse_console_files_count()).map { file in
            (String(cString: file.name), UnsafeRawBufferPointer(start: file.bytes, count: file.length))
        })
}
