#include "operators/connectors/print/print_sink.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

class PrintSink : public Sink {
 public:
  PrintSink(std::unique_ptr<Encoder> encoder, WriteLines write_lines)
      : encoder_(std::move(encoder)), write_lines_(std::move(write_lines)) {}

  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    const Selection selection = batch.selection();
    for (size_t i = from; i < selection.size(); ++i) {
      if (encoder_->skips(batch, selection[i])) continue;
      encoder_->encode(batch, selection[i], buffer_);
      buffer_.push_back('\n');
      if (buffer_.size() >= kBufferBytes) TRY(push_out());
    }
    return selection.size() - from;
  }

  Result<Flush> flush() override {
    TRY(push_out());
    return Flush::kDone;
  }

  Result<Segment> seal(CheckpointId) override {
    CHECK(buffer_.empty());
    return Segment();
  }

  Status deliver(CheckpointId, const Segment& segment) override {
    (void)segment;
    return {};
  }

 private:
  Status push_out() {
    if (buffer_.empty()) return {};
    Status written = write_lines_(buffer_);
    buffer_.clear();
    return written;
  }

  const std::unique_ptr<Encoder> encoder_;
  const WriteLines write_lines_;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_print_sink(const FormatOptions& format, const Schema& schema,
                                              WriteLines write_lines) {
  std::unique_ptr<Encoder> encoder = TRY(make_encoder(format, schema));
  return std::make_unique<PrintSink>(std::move(encoder), std::move(write_lines));
}

Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {  // A terminal or pipe that somebody made non-blocking.
      pollfd room = {fd, POLLOUT, 0};
      ::poll(&room, 1, -1);
      continue;
    }
    const int code = errno;
    return unavailable(fmt::format(
        "cannot print rows: {}",
        code == EPIPE ? "the reader of standard output has gone away" : std::strerror(code)));
  }
  return {};
}

}  // namespace weir
