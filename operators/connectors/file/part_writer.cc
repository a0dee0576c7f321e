#include "operators/connectors/file/part_writer.h"

#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

}  // namespace

Result<PartWriter> PartWriter::make(const FileSinkOptions& options, const FormatOptions& format,
                                    const Schema& schema) {
  PartWriter writer;
  writer.roll_bytes_ = options.roll_bytes;
  writer.roll_interval_ = options.roll_interval;
  writer.is_raw_ = format.format == "raw";
  writer.encoder_ = TRY(make_encoder(format, schema));
  writer.header_ = writer.encoder_->file_header(schema);
  return writer;
}

// Also where the clock was set back: nobody knows how old the part is then.
bool PartWriter::is_old() const {
  return roll_interval_ && (now_ < part_began_ || now_ - part_began_ >= *roll_interval_);
}

Result<size_t> PartWriter::write(const RecordBatch& batch, size_t from, const Open& open) {
  const Selection selection = batch.selection();
  if (is_old()) TRY(end());
  for (size_t i = from; i < selection.size(); ++i) {
    if (encoder_->skips(batch, selection[i])) continue;
    if (!part_.is_open()) TRY(begin(open));
    const size_t start = buffer_.size();
    encoder_->encode(batch, selection[i], buffer_);
    if (is_raw_ && buffer_.find('\n', start) != std::string::npos) {
      buffer_.resize(start);
      return bad_data(
          fmt::format("row {} holds a line feed, which ends a record of a raw file; "
                      "write it as json or csv",
                      i));
    }
    buffer_.push_back('\n');
    ++rows_;
    if (buffer_.size() >= kBufferBytes) TRY(push_out());
    if (roll_bytes_ && part_.size() + buffer_.size() >= *roll_bytes_) TRY(end());
  }
  return selection.size() - from;
}

Status PartWriter::begin(const Open& open) {
  part_began_ = now_;
  part_ = TRY(open());
  buffer_ = header_;
  return {};
}

Status PartWriter::push_out() {
  if (buffer_.empty()) return {};
  TRY(part_.write(buffer_));
  buffer_.clear();
  return {};
}

Status PartWriter::end() {
  if (!part_.is_open()) return {};
  TRY(push_out());
  TRY(part_.finish());
  ended_.push_back(std::exchange(part_, {}));
  return {};
}

std::vector<PartFile> PartWriter::take_ended() { return std::exchange(ended_, {}); }

uint64_t PartWriter::take_rows() { return std::exchange(rows_, 0); }

}  // namespace weir
