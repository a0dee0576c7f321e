#include "state/warm/mapped_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr size_t kPageBytes = 4096;
constexpr size_t kAheadBytes = 512 << 10;

class MappedFile : public rocksdb::FSRandomAccessFile {
 public:
  MappedFile(const char* bytes, size_t size) : bytes_(bytes), size_(size) {}
  ~MappedFile() override { ::munmap(const_cast<char*>(bytes_), size_); }

  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, rocksdb::Slice* result, char*,
                IODebugContext*) const override {
    if (offset > size_) return IOStatus::InvalidArgument("a read behind the end of a file");
    n = std::min(n, size_ - offset);
    if (end_.exchange(offset + n, std::memory_order_relaxed) == offset) read_ahead(offset + n);
    *result = {bytes_ + offset, n};
    return IOStatus::OK();
  }

 private:
  // What is wrong about `ahead_` where several read at a time costs a read too many or too few.
  void read_ahead(size_t from) const {
    const size_t ahead = ahead_.load(std::memory_order_relaxed);
    if (from + kAheadBytes / 2 < ahead && from + kAheadBytes >= ahead) return;
    ahead_.store(from + kAheadBytes, std::memory_order_relaxed);
    const size_t begin = from / kPageBytes * kPageBytes;
    if (begin >= size_) return;
    ::madvise(const_cast<char*>(bytes_) + begin, std::min(kAheadBytes, size_ - begin),
              MADV_WILLNEED);
  }

  const char* const bytes_;
  const size_t size_;
  mutable std::atomic<size_t> end_ = 0;    // Of the last read.
  mutable std::atomic<size_t> ahead_ = 0;  // To where it was read ahead.
};

}  // namespace

IOStatus open_mapped_file(const std::string& path,
                          std::unique_ptr<rocksdb::FSRandomAccessFile>* file) {
  const auto failed = [&] { return IOStatus::IOError(path, std::strerror(errno)); };
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return failed();
  struct stat about {};
  void* bytes = MAP_FAILED;
  if (::fstat(opened, &about) == 0) {
    bytes = ::mmap(nullptr, static_cast<size_t>(about.st_size), PROT_READ, MAP_SHARED, opened, 0);
  }
  const IOStatus status = bytes == MAP_FAILED ? failed() : IOStatus::OK();
  ::close(opened);
  if (!status.ok()) return status;
  const auto size = static_cast<size_t>(about.st_size);
  ::madvise(bytes, size, MADV_RANDOM);
  *file = std::make_unique<MappedFile>(static_cast<const char*>(bytes), size);
  return status;
}

}  // namespace weir
