#include "state/warm/rocks_store.h"

#include "state/warm/unsynced_disk.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/threadpool.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <numeric>
#include <utility>

namespace weir {
namespace {

constexpr double kFilterBitsPerKey = 10;
constexpr size_t kBlockBytes = 4 << 10;
// Compaction, which may take long, has threads of its own. Flushes go here too, so a merge must not
// wait for one: what a memtable gets is flushed at once.
constexpr rocksdb::Env::Priority kMergePool = rocksdb::Env::Priority::HIGH;
constexpr int kMergeThreads = 2;  // For all stores of the process.
// Keys that are looked up at a time, and threads of all stores that help whoever looks up more:
// they wait for the disk side by side.
constexpr size_t kLookUpKeys = 256;
constexpr int kLookUpThreads = 8;
constexpr uint64_t kFileBytes = 16 << 20;
// Files of one level that are merged when they are so many, and how much larger than the oldest
// level, in per cent, all others may be together.
constexpr int kRunsMax = 6;
constexpr unsigned kYoungerPercent = 100;
// The list of files, which is saved anew with each cut, begins again when it is so long: what it
// says of 5,000 files, a good deal more than there are.
constexpr uint64_t kManifestBytes = 1 << 20;

Status checked(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  const std::string message = fmt::format("cannot {} the warm state: {}", what, status.ToString());
  return status.IsCorruption() ? corrupt(message) : unavailable(message);
}

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// Files are mapped: what was read lies in the page cache alone, and a lookup asks for no block of a
// cache whose filters push each other out (five times slower, docs/decisions/0018).
rocksdb::Options options_of(rocksdb::Env& disk) {
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.block_size = kBlockBytes;
  table.block_align = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey, false));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;

  rocksdb::Options options;
  options.env = &disk;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  options.allow_mmap_reads = true;
  options.write_buffer_size = 1 << 20;  // Nothing but dropped ranges goes through it.
  options.target_file_size_base = kFileBytes;
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = kRunsMax;
  options.compaction_options_universal.max_size_amplification_percent = kYoungerPercent;
  options.max_background_jobs = 2;
  options.max_subcompactions = 1;
  options.max_open_files = 256;
  options.allow_concurrent_memtable_write = false;
  options.info_log_level = rocksdb::ERROR_LEVEL;
  options.keep_log_file_num = 1;
  options.max_manifest_file_size = kManifestBytes;
  options.stats_dump_period_sec = 0;
  return options;
}

// Values of many keys, part by part, by all threads that work().
class Lookup {
 public:
  // The keys outlive the work.
  Lookup(rocksdb::DB& db, const std::vector<std::string_view>& keys)
      : db_(db), order_(keys.size()), values_(keys.size()), statuses_(keys.size()) {
    // Sorted, so that keys of one block are looked up one after the other.
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(),
              [&](uint32_t a, uint32_t b) { return keys[a] < keys[b]; });
    keys_.reserve(keys.size());
    for (const uint32_t i : order_) keys_.push_back(slice(keys[i]));
  }

  size_t parts() const { return (keys_.size() + kLookUpKeys - 1) / kLookUpKeys; }

  // Until all parts are taken. Where none is left nothing but this object is touched.
  void work() {
    for (size_t part = next_++; part < parts(); part = next_++) {
      const size_t from = part * kLookUpKeys;
      const size_t count = std::min(kLookUpKeys, keys_.size() - from);
      db_.MultiGet(rocksdb::ReadOptions(), db_.DefaultColumnFamily(), count, &keys_[from],
                   &values_[from], &statuses_[from], true);
      if (++done_ == parts()) done_.notify_all();
    }
  }
  // Until all parts are done.
  void wait() const {
    for (size_t done = done_; done != parts(); done = done_) done_.wait(done);
  }

  // Once. REQUIRES: all parts are done.
  Status each(const WarmStore::Found& f) {
    // What they hold of the database goes now: who helps may hold this for longer.
    const std::vector<rocksdb::PinnableSlice> values = std::move(values_);
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (statuses_[i].IsNotFound()) continue;
      TRY(checked(statuses_[i], "read"));
      TRY(f(order_[i], view(values[i])));
    }
    return {};
  }

 private:
  rocksdb::DB& db_;
  std::vector<uint32_t> order_;
  std::vector<rocksdb::Slice> keys_;
  std::vector<rocksdb::PinnableSlice> values_;
  std::vector<rocksdb::Status> statuses_;
  std::atomic<size_t> next_ = 0;
  std::atomic<size_t> done_ = 0;
};

// Of the process: begun with the first lookup, ended with the process.
class LookupThreads {
 public:
  LookupThreads() : pool_(rocksdb::NewThreadPool(kLookUpThreads)) {}
  ~LookupThreads() { pool_->JoinAllThreads(); }

  // Has others take part in it. They may come when it is done.
  static void help(const std::shared_ptr<Lookup>& lookup) {
    static LookupThreads threads;
    const size_t helpers = std::min<size_t>(kLookUpThreads, lookup->parts() - 1);
    for (size_t i = 0; i < helpers; ++i) {
      threads.pool_->SubmitJob([lookup] { lookup->work(); });
    }
  }

 private:
  const std::unique_ptr<rocksdb::ThreadPool> pool_;
};

class RocksStore : public WarmStore {
 public:
  explicit RocksStore(std::string folder)
      : folder_(std::move(folder)), disk_(make_unsynced_disk()), options_(options_of(*disk_)) {}

  Status open() {
    options_.env->SetBackgroundThreads(kMergeThreads, kMergePool);
    rocksdb::DB* db = nullptr;
    TRY(checked(rocksdb::DB::Open(options_, folder_, &db), "open"));
    db_.reset(db);
    return {};
  }

  ~RocksStore() override { static_cast<void>(end_merge()); }

  void begin_merge(const WarmRows& rows) override {
    CHECK(merging_ == nullptr);
    merging_ = std::make_shared<Merge>(*this, rows);
    auto for_thread = std::make_unique<std::shared_ptr<Merge>>(merging_);
    options_.env->Schedule(&RocksStore::work, for_thread.release(), kMergePool);
  }

  bool is_merged() const override {
    return merging_ == nullptr || merging_->done.load(std::memory_order_acquire);
  }

  Status end_merge() override {
    if (merging_ == nullptr) return {};
    merging_->done.wait(false, std::memory_order_acquire);
    return std::move(std::exchange(merging_, nullptr)->status);
  }

  Status get(const std::vector<std::string_view>& keys, const Found& f) override {
    const auto lookup = std::make_shared<Lookup>(*db_, keys);
    if (lookup->parts() > 1) LookupThreads::help(lookup);
    lookup->work();
    lookup->wait();
    return lookup->each(f);
  }

  Status each(const WarmRange& range, const EachRow& f) override {
    const rocksdb::Slice upper = slice(range.end);
    rocksdb::ReadOptions read;
    read.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(read));
    for (at->Seek(range.begin); at->Valid(); at->Next()) {
      const bool goes_on = TRY(f(view(at->key()), view(at->value())));
      if (!goes_on) return {};
    }
    return checked(at->status(), "read");
  }

  // Files that lie within the range go at once, the rest is marked and goes with compaction.
  Status drop(const WarmRange& range) override {
    const rocksdb::Slice from = slice(range.begin);
    const rocksdb::Slice to = slice(range.end);
    TRY(checked(
        rocksdb::DeleteFilesInRange(db_.get(), db_->DefaultColumnFamily(), &from, &to, false),
        "drop"));
    bool is_left = false;
    TRY(each(range, [&](std::string_view, std::string_view) -> Result<bool> {
      is_left = true;
      return false;
    }));
    if (!is_left) return {};
    rocksdb::WriteOptions no_log;
    no_log.disableWAL = true;
    TRY(checked(db_->DeleteRange(no_log, db_->DefaultColumnFamily(), from, to), "drop"));
    return checked(db_->Flush(rocksdb::FlushOptions()), "drop");
  }

  Result<WarmCut> cut(const std::string& folder) override {
    rocksdb::Checkpoint* made = nullptr;
    TRY(checked(rocksdb::Checkpoint::Create(db_.get(), &made), "save"));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    TRY(checked(checkpoint->CreateCheckpoint(folder), "save"));
    WarmCut cut{.folder = folder, .files = {}};
    std::error_code trouble;
    // Not a range-for, whose steps throw.
    for (std::filesystem::directory_iterator file(folder, trouble), end; !trouble && file != end;
         file.increment(trouble)) {
      cut.files.push_back(file->path().filename().string());
    }
    std::sort(cut.files.begin(), cut.files.end());
    if (!trouble) return cut;
    return unavailable(fmt::format("cannot read {}: {}", folder, trouble.message()));
  }

  uint64_t memory_bytes() override {
    return sum_of(rocksdb::DB::Properties::kEstimateTableReadersMem) +
           sum_of(rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  uint64_t disk_bytes() override { return sum_of(rocksdb::DB::Properties::kTotalSstFilesSize); }
  Result<uint64_t> disk_bytes(const WarmRange& range) override {
    const rocksdb::Range asked(slice(range.begin), slice(range.end));
    uint64_t bytes = 0;
    TRY(checked(db_->GetApproximateSizes(rocksdb::SizeApproximationOptions(),
                                         db_->DefaultColumnFamily(), &asked, 1, &bytes),
                "measure"));
    return bytes;
  }

 private:
  // One that is under way. The thread that does it looks at this once more when the store may be
  // gone already.
  struct Merge {
    Merge(RocksStore& the_store, const WarmRows& the_rows) : store(the_store), rows(the_rows) {}

    RocksStore& store;
    const WarmRows& rows;
    Status status;  // By the thread that merges, until it is done.
    std::atomic<bool> done = false;
  };

  // By a thread of RocksDB's.
  static void work(void* argument) {
    const std::unique_ptr<std::shared_ptr<Merge>> held(
        static_cast<std::shared_ptr<Merge>*>(argument));
    Merge& merge = **held;
    merge.status = merge.store.merge_sorted(merge.rows);
    merge.done.store(true, std::memory_order_release);
    merge.done.notify_one();
  }

  Status merge_sorted(const WarmRows& rows) {
    if (rows.empty()) return {};
    const std::string path = fmt::format("{}/merge-{}.sst", folder_, ++merges_);
    constexpr bool kForgetsPages = false;  // They are read again soon.
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options_, nullptr, kForgetsPages);
    TRY(checked(writer.Open(path), "write"));
    for (const WarmRows::Row& row : rows.sorted()) {
      const rocksdb::Status put = row.value.has_value()
                                      ? writer.Put(slice(row.key), slice(*row.value))
                                      : writer.Delete(slice(row.key));
      TRY(checked(put, "write"));
    }
    TRY(checked(writer.Finish(), "write"));
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    // A snapshot sends the file to the first level with the highest sequence number of all. Else an
    // older version of a row may have a higher one (docs/decisions/0018).
    const rocksdb::ManagedSnapshot newest(db_.get());
    ingest.snapshot_consistency = true;
    return checked(db_->IngestExternalFile({path}, ingest), "take in");
  }

  uint64_t sum_of(const std::string& property) {
    uint64_t value = 0;
    return db_->GetIntProperty(property, &value) ? value : 0;
  }

  const std::string folder_;
  const std::unique_ptr<rocksdb::Env> disk_;
  const rocksdb::Options options_;
  std::unique_ptr<rocksdb::DB> db_;  // Set by open().
  uint64_t merges_ = 0;
  std::shared_ptr<Merge> merging_;  // Null: no merge is under way.
};

}  // namespace

Result<std::unique_ptr<WarmStore>> open_rocks_store(const std::string& folder) {
  auto store = std::make_unique<RocksStore>(folder);
  TRY(store->open());
  return std::unique_ptr<WarmStore>(std::move(store));
}

}  // namespace weir
