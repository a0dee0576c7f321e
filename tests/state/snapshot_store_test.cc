// The contract of every SnapshotStore, shown for the folder and for the tests' own.
#include "state/snapshot_store.h"

#include "tests/state/memory_store.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Names = std::vector<std::string>;

template <typename Story>
void with_each_store(const Story& story) {
  SECTION("folder") {
    const StoreFolder folder;
    const std::unique_ptr<SnapshotStore> store =
        open_directory_store(folder / "made/on the way").value();
    story(*store);
  }
  SECTION("memory") {
    MemoryStore store;
    story(store);
  }
}

TEST_CASE("NamesArePathsOfPlainParts") {
  for (const std::string name : {"a", "jobs/q1/7/12/count.0/000012.sst", "A-z_09.", "a/b.c/-"}) {
    CAPTURE(name);
    CHECK(check_object_name(name).ok());
  }
  for (const std::string name : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/.hidden", ".a",
                                 "a b", "a\\b", "a\nb", "\xc3\xa9", "a:b"}) {
    CAPTURE(name);
    CHECK(check_object_name(name).error().kind == ErrorKind::kUser);
  }
  CHECK(check_object_name(std::string(255, 'a') + "/b").ok());
  CHECK(!check_object_name(std::string(256, 'a') + "/b").ok());
  CHECK(!check_object_name(std::string_view("a\0b", 3)).ok());
}

TEST_CASE("AnObjectIsReadAsItWasWritten") {
  with_each_store([](SnapshotStore& store) {
    const std::string all_bytes = [] {
      std::string bytes;
      for (int i = 0; i < 300000; ++i) bytes += static_cast<char>(i * 7 + i / 256);
      return bytes;
    }();
    REQUIRE(store.put("a/b/c", all_bytes).ok());
    REQUIRE(store.put("empty", "").ok());
    CHECK(store.get("a/b/c").value() == all_bytes);
    CHECK(store.size("a/b/c").value() == all_bytes.size());
    CHECK(store.get("empty").value() == "");
    CHECK(store.size("empty").value() == 0);
    REQUIRE(store.put("a/b/c", "replaced").ok());
    CHECK(store.get("a/b/c").value() == "replaced");
  });
}

// Also when the object is gone or another one by then.
TEST_CASE("AnOpenObjectStaysAsItWas") {
  with_each_store([](SnapshotStore& store) {
    for (const size_t size : {size_t{0}, size_t{1000}, size_t{3 << 20}}) {
      CAPTURE(size);
      const std::string bytes(size, 'x');
      REQUIRE(store.put("a/b", bytes).ok());
      const std::optional<ObjectBytes> first = store.open("a/b").value();
      REQUIRE(store.put("a/b", std::string(size, 'y')).ok());
      const std::optional<ObjectBytes> second = store.open("a/b").value();
      REQUIRE(store.remove("a/b").ok());
      REQUIRE((first.has_value() && second.has_value()));
      CHECK(first->view() == bytes);
      CHECK(first->crc32c() == crc32c(bytes));
      CHECK(second->view() == std::string(size, 'y'));
      CHECK_FALSE(store.open("a/b").value().has_value());
    }
  });
}

TEST_CASE("WhatIsNotThereIsAbsent") {
  with_each_store([](SnapshotStore& store) {
    REQUIRE(store.put("a/b", "x").ok());
    for (const std::string name : {"a", "b", "a/b/c", "a/c"}) {
      CAPTURE(name);
      CHECK(store.get(name).value() == std::nullopt);
      CHECK(store.size(name).value() == std::nullopt);
      CHECK(store.remove(name).ok());
    }
    CHECK(store.list("c/d").value().empty());
    CHECK(store.get("a/b").value() == "x");
  });
}

TEST_CASE("OnlyTheFirstPutIfAbsentWrites") {
  with_each_store([](SnapshotStore& store) {
    CHECK(store.put_if_absent("a/b", "first").value() == PutIfAbsent::kDone);
    CHECK(store.put_if_absent("a/b", "second").value() == PutIfAbsent::kWasThere);
    CHECK(store.get("a/b").value() == "first");
    REQUIRE(store.remove("a/b").ok());
    CHECK(store.put_if_absent("a/b", "third").value() == PutIfAbsent::kDone);
    CHECK(store.get("a/b").value() == "third");
  });
}

TEST_CASE("AFileBecomesAnObjectAndAnObjectAFile") {
  with_each_store([](SnapshotStore& store) {
    const StoreFolder local;
    local.write("one", "first");
    local.write("two", "second");
    CHECK(store.put_file_if_absent("a/b", local / "one").value() == PutIfAbsent::kDone);
    CHECK(store.put_file_if_absent("a/b", local / "two").value() == PutIfAbsent::kWasThere);
    CHECK(store.get("a/b").value() == "first");
    CHECK(store.get_file("a/b", local / "three").value());
    CHECK(local.contents("three") == "first");
    CHECK_FALSE(store.get_file("a/c", local / "four").value());
    CHECK_FALSE(store.get_file("a", local / "four").value());
    CHECK(local.entries() == std::set<std::string>{"one", "two", "three"});
    for (const std::string name : {"one", "three"}) std::filesystem::remove(local / name);
    CHECK(store.get("a/b").value() == "first");
    CHECK(store.put_file_if_absent("a/d", local / "none").error().kind == ErrorKind::kUnavailable);
    CHECK(store.list("").value() == Names{"a/b"});
  });
}

TEST_CASE("ListsByPrefixInTheOrderOfNames") {
  with_each_store([](SnapshotStore& store) {
    for (const std::string name : {"b/2", "a", "b/10", "b-x/1", "b/1/z", "bc", "c/1"}) {
      REQUIRE(store.put(name, name).ok());
    }
    CHECK(store.list("").value() == Names{"a", "b-x/1", "b/1/z", "b/10", "b/2", "bc", "c/1"});
    CHECK(store.list("b/").value() == Names{"b/1/z", "b/10", "b/2"});
    CHECK(store.list("b/1").value() == Names{"b/1/z", "b/10"});
    CHECK(store.list("b").value() == Names{"b-x/1", "b/1/z", "b/10", "b/2", "bc"});
    REQUIRE(store.remove("b/1/z").ok());
    CHECK(store.list("b/").value() == Names{"b/10", "b/2"});
  });
}

TEST_CASE("NoCallTakesAWrongName") {
  with_each_store([](SnapshotStore& store) {
    const StoreFolder local;
    local.write("x", "x");
    for (const std::string name : {"../a", "/a", ".a", ""}) {
      CAPTURE(name);
      CHECK(store.put(name, "x").error().kind == ErrorKind::kUser);
      CHECK(store.put_if_absent(name, "x").error().kind == ErrorKind::kUser);
      CHECK(store.put_file_if_absent(name, local / "x").error().kind == ErrorKind::kUser);
      CHECK(store.get(name).error().kind == ErrorKind::kUser);
      CHECK(store.open(name).error().kind == ErrorKind::kUser);
      CHECK(store.get_file(name, local / "y").error().kind == ErrorKind::kUser);
      CHECK(store.size(name).error().kind == ErrorKind::kUser);
      CHECK(store.remove(name).error().kind == ErrorKind::kUser);
    }
    CHECK(store.list("").value().empty());
  });
}

}  // namespace
}  // namespace weir
