#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("DigestsHaveTheirKnownValues") {
  CHECK(compute("md5", {"text:"}) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(compute("md5", {"text:abc"}) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(compute("md5", {"bytea:\\x616263"}) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(compute("sha256", {"bytea:\\x616263"}) ==
        "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("EncodeWritesHexBase64AndEscapes") {
  CHECK(compute("encode", {"bytea:\\x00ff5c41", "text:hex"}) == "00ff5c41");
  CHECK(compute("encode", {"bytea:\\x00ff5c41", "text:base64"}) == "AP9cQQ==");
  CHECK(compute("encode", {"bytea:\\x00ff5c41", "text:escape"}) == "\\000\\377\\\\A");
  std::string bytes;
  for (int i = 0; i < 60; ++i) bytes += "61";
  const std::string encoded = compute("encode", {"bytea:\\x" + bytes, "text:base64"});
  CHECK(encoded.size() == 81);
  CHECK(encoded[76] == '\n');
  CHECK(type_of("encode", {"bytea:\\x00", "text:rot13"}) ==
        "refused: unrecognized encoding: \"rot13\": use hex, base64 or escape");
}

TEST_CASE("DecodeReadsWhatEncodeWrites") {
  CHECK(compute("decode", {"text:00fF 5c41", "text:hex"}) == "\\x00ff5c41");
  CHECK(compute("decode", {"text:AP9c\nQQ==", "text:base64"}) == "\\x00ff5c41");
  CHECK(compute("decode", {"text:\\000\\377\\\\A", "text:escape"}) == "\\x00ff5c41");
  CHECK(compute("decode", {"text:0", "text:hex"}).starts_with("!"));
  CHECK(compute("decode", {"text:zz", "text:hex"}).starts_with("!"));
  CHECK(compute("decode", {"text:QQ", "text:base64"}).starts_with("!"));
  CHECK(compute("decode", {"text:\\x41", "text:escape"}).starts_with("!"));
  CHECK(type_of("decode", {"text:00", "text:rot13"}).starts_with("refused: unrecognized"));
}

}  // namespace weir
