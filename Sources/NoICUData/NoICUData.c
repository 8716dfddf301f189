// GRDB imports the whole of Foundation, and with it, in a static build, ICU's table of all the world's languages: 34 MB
// that nothing here asks for. ICU has an empty table for programs like this one ("stubdata"); this is it, in the place of
// the large one, which the linker then leaves out.
//
// The symbol has the version of the toolchain's ICU in its name. With another toolchain the large table comes back, and
// nothing breaks: `Tests/Package` says so.
// <https://unicode-org.github.io/icu/userguide/icu_data/#how-data-loading-works>

#include <stdint.h>

struct header {
    uint16_t headerSize;
    uint8_t magic1, magic2;
    uint16_t infoSize, reserved;
    uint8_t isBigEndian, charsetFamily, sizeofUChar, reservedByte;
    uint8_t dataFormat[4], formatVersion[4], dataVersion[4];
    uint8_t padding[8];
    uint32_t count, contents[5];
};

const struct header icudt76_dat __attribute__((aligned(16))) = {
    .headerSize = 32,
    .magic1 = 0xda,
    .magic2 = 0x27,
    .infoSize = 20,
    .sizeofUChar = 2,
    .dataFormat = {'T', 'o', 'C', 'P'},
    .formatVersion = {1},
    .count = 0,
};
