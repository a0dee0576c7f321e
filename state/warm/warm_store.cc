#include "state/warm/warm_store.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace weir {
namespace {

constexpr size_t kPrefixBytes = sizeof(uint16_t) + sizeof(uint32_t) + 2 * sizeof(int64_t);
constexpr double kFilterBitsPerKey = 10;
constexpr size_t kBlockBytes = 4 << 10;
constexpr uint64_t kFileBytes = 64 << 20;
constexpr uint64_t kSignBit = uint64_t{1} << 63;

template <typename T>
void put_big_endian(std::string& out, T value) {
  for (size_t byte = sizeof value; byte-- > 0;) {
    out.push_back(static_cast<char>(value >> (8 * byte) & 0xff));
  }
}

std::string prefix_of(const WarmPlace& place) {
  std::string prefix;
  put_big_endian(prefix, place.group);
  put_big_endian(prefix, place.table);
  put_big_endian(prefix, static_cast<uint64_t>(place.end) ^ kSignBit);
  put_big_endian(prefix, static_cast<uint64_t>(place.first) ^ kSignBit);
  CHECK(prefix.size() == kPrefixBytes);
  return prefix;
}

// The least that is above every key that begins with `prefix`; empty: there is none.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

Status checked(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  const std::string message = fmt::format("cannot {} the warm state: {}", what, status.ToString());
  return status.IsCorruption() ? corrupt(message) : unavailable(message);
}

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// Files are mapped: what was read lies in the page cache alone, and a lookup asks for no block of a
// cache whose filters push each other out (five times slower, docs/decisions/0018).
rocksdb::Options options_of() {
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.block_size = kBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey, false));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  options.allow_mmap_reads = true;
  options.write_buffer_size = 1 << 20;  // Nothing but dropped ranges goes through it.
  options.target_file_size_base = kFileBytes;
  options.max_background_jobs = 2;
  options.max_subcompactions = 1;
  options.max_open_files = 256;
  options.allow_concurrent_memtable_write = false;
  options.info_log_level = rocksdb::ERROR_LEVEL;
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  return options;
}

class RocksStore : public WarmStore {
 public:
  RocksStore(std::string folder, rocksdb::Options options, std::unique_ptr<rocksdb::DB> db)
      : folder_(std::move(folder)), options_(std::move(options)), db_(std::move(db)) {
    no_log_.disableWAL = true;
  }

  Status merge(std::vector<Row> rows) override {
    if (rows.empty()) return {};
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
    const std::string path = fmt::format("{}/merge-{}.sst", folder_, ++merges_);
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options_);
    TRY(checked(writer.Open(path), "write"));
    for (const Row& row : rows) {
      const rocksdb::Status put = row.value.has_value() ? writer.Put(slice(row.key), *row.value)
                                                        : writer.Delete(slice(row.key));
      TRY(checked(put, "write"));
    }
    TRY(checked(writer.Finish(), "write"));
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.snapshot_consistency = false;  // Nobody holds a snapshot.
    return checked(db_->IngestExternalFile({path}, ingest), "take in");
  }

  // Sorted, so that keys of one block are looked up one after the other.
  Result<std::vector<std::optional<std::string>>> get(
      const std::vector<std::string_view>& keys) override {
    std::vector<uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return keys[a] < keys[b]; });
    std::vector<rocksdb::Slice> sorted;
    sorted.reserve(keys.size());
    for (const uint32_t i : order) sorted.push_back(slice(keys[i]));
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), sorted.size(), sorted.data(),
                  values.data(), statuses.data(), true);
    std::vector<std::optional<std::string>> found(keys.size());
    for (size_t i = 0; i < sorted.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      TRY(checked(statuses[i], "read"));
      found[order[i]] = values[i].ToString();
    }
    return found;
  }

  Status each(const WarmPlace& place, const EachRow& f) override {
    const std::string prefix = prefix_of(place);
    const std::string end = end_of(prefix);
    const rocksdb::Slice upper = slice(end);
    rocksdb::ReadOptions read;
    read.fill_cache = false;
    if (!end.empty()) read.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(read));
    for (at->Seek(prefix); at->Valid(); at->Next()) TRY(f(view(at->key()), view(at->value())));
    return checked(at->status(), "read");
  }

  // Files that lie within the place go at once, the rest is marked and goes with compaction.
  Status drop(const WarmPlace& place) override {
    const std::string begin = prefix_of(place);
    const std::string end = end_of(begin);
    CHECK(!end.empty());  // No group is 65,535 and no table 2^32 - 1.
    const rocksdb::Slice from = slice(begin);
    const rocksdb::Slice to = slice(end);
    TRY(checked(
        rocksdb::DeleteFilesInRange(db_.get(), db_->DefaultColumnFamily(), &from, &to, false),
        "drop"));
    return checked(db_->DeleteRange(no_log_, db_->DefaultColumnFamily(), from, to), "drop");
  }

  uint64_t memory_bytes() override {
    return sum_of(rocksdb::DB::Properties::kEstimateTableReadersMem) +
           sum_of(rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  uint64_t disk_bytes() override { return sum_of(rocksdb::DB::Properties::kTotalSstFilesSize); }

 private:
  uint64_t sum_of(const std::string& property) {
    uint64_t value = 0;
    return db_->GetIntProperty(property, &value) ? value : 0;
  }

  const std::string folder_;
  const rocksdb::Options options_;
  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions no_log_;
  uint64_t merges_ = 0;
};

}  // namespace

std::string warm_key(const WarmPlace& place, std::string_view row_key) {
  std::string key = prefix_of(place);
  key.append(row_key);
  return key;
}

Result<std::unique_ptr<WarmStore>> WarmStore::open(const std::string& folder) {
  rocksdb::Options options = options_of();
  TRY(checked(rocksdb::DestroyDB(folder, options), "empty"));
  rocksdb::DB* db = nullptr;
  TRY(checked(rocksdb::DB::Open(options, folder, &db), "open"));
  return std::unique_ptr<WarmStore>(
      std::make_unique<RocksStore>(folder, std::move(options), std::unique_ptr<rocksdb::DB>(db)));
}

}  // namespace weir
