#include "runtime/task/source_board.h"

#include <algorithm>

namespace weir {

SourceBoard::SourceBoard(size_t readers) {
  for (size_t i = 0; i < readers; ++i) places_.push_back(std::make_unique<Place>());
}

void SourceBoard::on_wakeup(size_t reader, std::function<void()> wake) {
  places_[reader]->wake = std::move(wake);
}

// Sequentially consistent, as in wait(): either the waiting reader sees where we are now, or we see
// that it waits.
void SourceBoard::post(size_t reader, const ReaderStanding& standing) {
  if (posted_) posted_(reader, standing);
  Place& own = *places_[reader];
  own.highest.store(standing.highest);
  own.quiet.store(standing.quiet);
  const int64_t before = own.reading_at.exchange(standing.reading_at);
  if (standing.reading_at <= before) return;
  for (const auto& place : places_) {
    if (place.get() == &own || !place->waiting.load()) continue;
    if (place->waiting.exchange(false) && place->wake) place->wake();
  }
}

int64_t SourceBoard::lowest_of_others(size_t reader) const {
  int64_t lowest = kMaxTime;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (i != reader) lowest = std::min(lowest, places_[i]->reading_at.load());
  }
  return lowest;
}

void SourceBoard::wait(size_t reader) { places_[reader]->waiting.store(true); }

bool SourceBoard::is_quiet() const {
  return std::all_of(places_.begin(), places_.end(),
                     [](const auto& place) { return place->quiet.load(); });
}

int64_t SourceBoard::highest() const {
  int64_t highest = kMinTime;
  for (const auto& place : places_) highest = std::max(highest, place->highest.load());
  return highest;
}

}  // namespace weir
