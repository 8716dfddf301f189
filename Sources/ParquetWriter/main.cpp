// gatehouse-parquet: reads rows, and writes them as a Parquet file, by Apache Arrow's library.
//
// A program apart, so that Gatehouse neither links nor loads 62 MB of libraries for what some installations deliver three times a day;
// and what a fault in them could do stays here: it gets no file of the server's but the three standard ones, no environment, no keys.
//
// Standard input, all lengths and counts being 4 bytes, the lowest first:
//
//   columns   how many; for each one byte, its type, and its name with the length before it
//   rows      for each column the length of the value and its bytes; length 0xFFFFFFFF: null
//
// Types: `s` text; `d` a number, in digits; `t` a time, `2026-11-30T00:00:00Z`; `m` a map of texts: keys and values by turns, each with its
// length. Standard output, which has to be a file, gets the Parquet, row group by row group. Whatever is wrong with the input is told on
// standard error, and ends it with 1: what was written is then worthless.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/util/config.h>
#include <parquet/arrow/writer.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

/// How many rows are made into columns at once, and how many a row group has: what is in memory is no more than a group.
constexpr int64_t batch_rows = 8192;
constexpr int64_t group_rows = 65536;
constexpr uint32_t most_columns = 4096;
constexpr uint32_t most_bytes = 1 << 20;
constexpr uint32_t null_length = 0xFFFFFFFF;

struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void check(const arrow::Status &status) {
    if (!status.ok()) throw Fault(status.ToString());
}

template <typename T> T take(arrow::Result<T> result) {
    check(result.status());
    return std::move(result).ValueUnsafe();
}

uint32_t number(const char *bytes) {
    auto at = [&](int place) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[place])) << (8 * place); };
    return at(0) | at(1) | at(2) | at(3);
}

/// Standard input, read in large pieces.
class Input {
  public:
    /// Whether there is nothing more.
    bool ended() { return begin == end && !fill(); }

    uint32_t number() {
        char bytes[4];
        get(bytes, 4);
        return ::number(bytes);
    }

    char byte() {
        char byte;
        get(&byte, 1);
        return byte;
    }

    /// A value; it is there until the next is asked for.
    std::optional<std::string_view> value() {
        uint32_t length = number();
        if (length == null_length) return std::nullopt;
        if (length > most_bytes) throw Fault("a value is longer than 1 MiB");
        if (end - begin >= length) {
            begin += length;
            return std::string_view(buffer.data() + begin - length, length);
        }
        own.resize(length);
        get(own.data(), length);
        return own;
    }

  private:
    void get(char *bytes, size_t count) {
        while (count > 0) {
            if (begin == end && !fill()) throw Fault("the input ends in the middle of a row");
            size_t part = std::min(count, end - begin);
            std::memcpy(bytes, buffer.data() + begin, part);
            begin += part;
            bytes += part;
            count -= part;
        }
    }

    bool fill() {
        ssize_t count;
        while ((count = read(STDIN_FILENO, buffer.data(), buffer.size())) < 0)
            if (errno != EINTR) throw Fault(std::string("the input can't be read: ") + std::strerror(errno));
        begin = 0;
        end = static_cast<size_t>(count);
        return count > 0;
    }

    std::string buffer = std::string(1 << 20, 0), own;
    size_t begin = 0, end = 0;
};

template <typename T> T parsed(std::string_view text) {
    T value{};
    auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size()) throw Fault("'" + std::string(text) + "' is no number");
    return value;
}

/// Milliseconds since 1970.
int64_t time(std::string_view text) {
    if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
        throw Fault("'" + std::string(text) + "' is no time");
    auto part = [&](size_t start, size_t count) { return parsed<unsigned>(text.substr(start, count)); };
    std::chrono::year_month_day day{
        std::chrono::year(static_cast<int>(part(0, 4))), std::chrono::month(part(5, 2)), std::chrono::day(part(8, 2))};
    auto [hour, minute, second] = std::tuple(part(11, 2), part(14, 2), part(17, 2));
    if (!day.ok() || hour > 23 || minute > 59 || second > 59) throw Fault("'" + std::string(text) + "' is no time");
    int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000;
}

/// A column that is being made.
class Column {
  public:
    Column(char type, std::string name) : type(type), name(std::move(name)) {
        auto *pool = arrow::default_memory_pool();
        switch (type) {
        case 's': builder = std::make_unique<arrow::StringBuilder>(pool); break;
        case 'd': builder = std::make_unique<arrow::DoubleBuilder>(pool); break;
        case 't': builder = std::make_unique<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::MILLI), pool); break;
        case 'm':
            builder = std::make_unique<arrow::MapBuilder>(
                pool, std::make_shared<arrow::StringBuilder>(pool), std::make_shared<arrow::StringBuilder>(pool));
            break;
        default: throw Fault("a column has an unknown type");
        }
    }

    std::shared_ptr<arrow::Field> field() const { return arrow::field(name, builder->type()); }

    void add(Input &input) {
        auto value = input.value();
        if (!value) return check(builder->AppendNull());
        switch (type) {
        case 's': return check(static_cast<arrow::StringBuilder &>(*builder).Append(*value));
        case 'd': return check(static_cast<arrow::DoubleBuilder &>(*builder).Append(parsed<double>(*value)));
        case 't': return check(static_cast<arrow::TimestampBuilder &>(*builder).Append(time(*value)));
        default: return add_map(*value);
        }
    }

    std::shared_ptr<arrow::Array> finish() { return take(builder->Finish()); }

  private:
    void add_map(std::string_view bytes) {
        auto &map = static_cast<arrow::MapBuilder &>(*builder);
        check(map.Append());
        auto next = [&] {
            if (bytes.size() < 4 || bytes.size() - 4 < number(bytes.data())) throw Fault("a map ends in the middle of a text");
            auto text = bytes.substr(4, number(bytes.data()));
            bytes.remove_prefix(4 + text.size());
            return text;
        };
        while (!bytes.empty()) {
            check(static_cast<arrow::StringBuilder *>(map.key_builder())->Append(next()));
            check(static_cast<arrow::StringBuilder *>(map.item_builder())->Append(next()));
        }
    }

    char type;
    std::string name;
    std::unique_ptr<arrow::ArrayBuilder> builder;
};

void run() {
    Input input;
    uint32_t count = input.number();
    if (count == 0 || count > most_columns) throw Fault("a file has between 1 and 4096 columns");
    std::vector<Column> columns;
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (uint32_t place = 0; place < count; place++) {
        char type = input.byte();
        auto name = input.value();
        if (!name || name->empty()) throw Fault("a column has no name");
        columns.emplace_back(type, std::string(*name));
        fields.push_back(columns.back().field());
    }
    auto schema = arrow::schema(fields);
    auto properties = parquet::WriterProperties::Builder()
                          .compression(parquet::Compression::SNAPPY)
                          ->max_row_group_length(group_rows)
                          ->build();
    auto output = take(arrow::io::FileOutputStream::Open(STDOUT_FILENO));
    auto writer = take(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), output, properties));
    while (!input.ended()) {
        int64_t rows = 0;
        for (; rows < batch_rows && !input.ended(); rows++)
            for (auto &column : columns) column.add(input);
        std::vector<std::shared_ptr<arrow::Array>> arrays;
        for (auto &column : columns) arrays.push_back(column.finish());
        check(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, rows, std::move(arrays))));
    }
    check(writer->Close());
    check(output->Close());
}

} // namespace

int main(int count, char **arguments) {
    if (count == 2 && std::strcmp(arguments[1], "--version") == 0) {
        std::printf("gatehouse-parquet 1, Apache Arrow %s\n", ARROW_VERSION_STRING);
        return 0;
    }
    if (count != 1) {
        std::fprintf(stderr, "usage: gatehouse-parquet [--version] <ROWS >FILE\n");
        return 2;
    }
    try {
        run();
        return 0;
    } catch (const std::exception &fault) {
        std::fprintf(stderr, "gatehouse-parquet: %s\n", fault.what());
        return 1;
    }
}
