#include "operators/connectors/formats/record_splitter.h"

#include "engine/base/check.h"

namespace weir {

size_t RecordSplitter::find_end(std::string_view bytes) {
  CHECK(seen_ <= bytes.size());
  if (has_quotes_ && seen_ != 0) return step_through(bytes);
  const size_t end = bytes.find('\n', seen_);
  if (has_quotes_) {
    const bool has_quote = bytes.substr(0, end).find('"') != std::string_view::npos;
    if (has_quote || end == std::string_view::npos) return step_through(bytes);
  }
  seen_ = end == std::string_view::npos ? bytes.size() : 0;
  return end;
}

void RecordSplitter::reset() {
  seen_ = 0;
  place_ = Place::kFieldStart;
}

size_t RecordSplitter::step_through(std::string_view bytes) {
  Place place = place_;
  for (size_t i = seen_; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (place == Place::kQuoted) {
      if (c == '"') place = Place::kBehindQuote;
    } else if (c == '\n') {
      reset();
      return i;
    } else if (c == ',') {
      place = Place::kFieldStart;
    } else if (c == '"' && place != Place::kPlain) {
      place = Place::kQuoted;  // The first of a field, or the second of a doubled one.
    } else {
      place = Place::kPlain;
    }
  }
  seen_ = bytes.size();
  place_ = place;
  return kNone;
}

}  // namespace weir
