#include "operators/connectors/generator/nexmark_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kFirstId = 1000;  // Of persons and auctions.
constexpr int64_t kFirstCategory = 10;
constexpr int64_t kHotGroup = 100;  // One auction, seller and bidder of so many ids is hot.
constexpr uint64_t kEventsPerLife =
    1666;  // Half the longest life of an auction: 100 auctions in flight.
constexpr double kLog2OfPrices = 19.931568569324174;  // log2(10^6)

constexpr size_t kArenaSlack = 8 << 10;

// One number for each random field; the order is part of what a seed means.
enum Draw : size_t {
  kPersonName,
  kEmailUser,
  kEmailHost,
  kCard,
  kCity,
  kState,
  kPersonExtra,
  kItemName,
  kDescription,
  kInitialBid,
  kReserve,
  kLife,
  kSeller,
  kCategory,
  kAuctionExtra,
  kBidAuction,
  kBidder,
  kBidPrice,
  kChannel,
  kBidExtra,
};

int64_t hot_id(int64_t newest) { return newest / kHotGroup * kHotGroup; }

// Sets out[row] = value(event) for each row of a kind.
template <typename T, typename Rows, typename Value>
void fill(const Rows& kind, ColumnWriter& to, Value&& value) {
  T* const out = to.values<T>();
  const uint32_t* const rows = kind.rows.data();
  const uint64_t* const events = kind.events.data();
  for (size_t i = 0; i < kind.size; ++i) out[rows[i]] = value(events[i]);
}

// Copies a fixed number of bytes, which compiles to a few vector moves, and makes the first `size`
// of them a value. REQUIRES: kRoom bytes can be read at `from`; size <= kRoom.
template <size_t kRoom>
TextView copy_text(Arena& arena, const char* from, size_t size) {
  char* const to = arena.reserve(kRoom);
  std::memcpy(to, from, kRoom);
  return arena.commit(size);
}

// How long a filler is that brings a row of `counted` bytes to `wanted` on average: evenly spread
// by a fifth.
size_t filler_size(size_t counted, size_t wanted, uint64_t word) {
  if (counted > wanted) return 0;
  const size_t missing = wanted - counted;
  const size_t spread = static_cast<size_t>(std::llround(static_cast<double>(missing) * 0.2));
  return missing - spread + (spread == 0 ? 0 : below(word, 2 * spread));
}

std::string card_number(uint64_t word) {
  std::string text(19, ' ');
  uint64_t digits = below(word, 10'000'000'000'000'000);
  for (size_t i = text.size(); i-- > 0;) {
    if (i % 5 == 4) continue;
    text[i] = static_cast<char>('0' + digits % 10);
    digits /= 10;
  }
  return text;
}

std::string full_name(uint64_t word) {
  const uint64_t pick = below(word, kFirstNames.size() * kLastNames.size());
  std::string name(kFirstNames[pick % kFirstNames.size()]);
  return name.append(" ").append(kLastNames[pick / kFirstNames.size()]);
}

}  // namespace

NexmarkRows::NexmarkRows(const GeneratorOptions& options, uint32_t split, WantedColumns wanted,
                         std::shared_ptr<const NexmarkTables> tables)
    : slice_(options, split),
      wanted_(std::move(wanted)),
      tables_(std::move(tables)),
      bidder_offset_(options.doubled_bidder_offset ? 2 * kFirstId : kFirstId) {
  for (size_t i = 0; i < keys_.size(); ++i) keys_[i] = field_key(options.seed, i);
  for (size_t i = 0; i < wanted_.sources.size(); ++i) {
    const size_t column = wanted_.sources[i].index;
    if (!wanted_.needed[i].needed) continue;
    if (column == NexmarkColumn::kPerson) kinds_[0].wanted = true;
    if (column == NexmarkColumn::kAuction) kinds_[1].wanted = true;
    if (column == NexmarkColumn::kBid) kinds_[2].wanted = true;
  }
}

void NexmarkRows::make(const MakeOrder& order, MadeRows& made) {
  uint64_t end = order.row_limit;
  if (slice_.rows().has_value()) end = std::min(end, *slice_.rows());
  end = std::max(end, order.from);
  const size_t count = static_cast<size_t>(std::min<uint64_t>(order.rows_max, end - order.from));
  place_events(order.from, count);
  const auto arena = std::make_shared<Arena>();
  if (arena_bytes_ != 0) arena->reserve(arena_bytes_);  // One chunk, as large as the last batch.
  for (size_t column = 0; column < wanted_.fields.size(); ++column) {
    const bool needed = wanted_.needed[column].needed;
    made.columns.push_back(needed ? make_column(column, count, arena) : nullptr);
  }
  arena_bytes_ = arena->bytes() + kArenaSlack;
  made.rows = count;
  made.next = order.from + count;
}

void NexmarkRows::place_events(uint64_t from, size_t count) {
  numbers_.resize(count);
  for (size_t row = 0; row < count; ++row) numbers_[row] = slice_.number(from + row);
  for (KindRows& kind : kinds_) {
    kind.size = 0;
    if (!kind.wanted) continue;
    kind.rows.resize(count);
    kind.events.resize(count);
    kind.valid.assign(bitmap_words(count), 0);
  }
  for (size_t row = 0; row < count; ++row) {
    const uint64_t event = slice_.event(numbers_[row]);
    KindRows& kind = kinds_[static_cast<size_t>(nexmark_kind(event))];
    if (!kind.wanted) continue;
    kind.rows[kind.size] = static_cast<uint32_t>(row);
    kind.events[kind.size] = event;
    bit_set(kind.valid.data(), row);
    ++kind.size;
  }
}

ColumnPtr NexmarkRows::make_column(size_t column, size_t count,
                                   const std::shared_ptr<Arena>& arena) const {
  switch (wanted_.sources[column].index) {
    case NexmarkColumn::kPerson: return make_composite(column, kinds_[0], count, arena);
    case NexmarkColumn::kAuction: return make_composite(column, kinds_[1], count, arena);
    case NexmarkColumn::kBid: return make_composite(column, kinds_[2], count, arena);
    case NexmarkColumn::kEventType: {
      ColumnWriter writer(wanted_.fields[column].type, count);
      int32_t* const out = writer.values<int32_t>();
      for (size_t row = 0; row < count; ++row) {
        out[row] = static_cast<int32_t>(nexmark_kind(slice_.event(numbers_[row])));
      }
      return std::move(writer).finish(count);
    }
    case NexmarkColumn::kDateTime: {
      ColumnWriter writer(wanted_.fields[column].type, count);
      int64_t* const out = writer.values<int64_t>();
      for (size_t row = 0; row < count; ++row) out[row] = slice_.micros(numbers_[row]);
      return std::move(writer).finish(count);
    }
  }
  unreachable();
}

ColumnPtr NexmarkRows::make_composite(size_t column, const KindRows& kind, size_t count,
                                      const std::shared_ptr<Arena>& arena) const {
  const FieldSource& source = wanted_.sources[column];
  ColumnWriter writer(wanted_.fields[column].type, count, arena, &wanted_.needed[column]);
  const auto mark_nulls = [&](ColumnWriter& to) {
    std::copy(kind.valid.begin(), kind.valid.end(), to.validity());
  };
  mark_nulls(writer);
  for (size_t i = 0; i < source.fields.size(); ++i) {
    if (!writer.has_child(i)) continue;
    ColumnWriter& to = writer.child(i);
    mark_nulls(to);
    if (source.index == NexmarkColumn::kPerson) write_person(source.fields[i].index, kind, to);
    if (source.index == NexmarkColumn::kAuction) write_auction(source.fields[i].index, kind, to);
    if (source.index == NexmarkColumn::kBid) write_bid(source.fields[i].index, kind, to);
  }
  return std::move(writer).finish(count);
}

void NexmarkRows::write_times(const KindRows& kind, ColumnWriter& to) const {
  int64_t* const out = to.values<int64_t>();
  for (size_t i = 0; i < kind.size; ++i) {
    out[kind.rows[i]] = slice_.micros(numbers_[kind.rows[i]]);
  }
}

void NexmarkRows::write_person(size_t field, const KindRows& kind, ColumnWriter& to) const {
  const auto pick = [this](Draw draw, const auto& list) {
    return [key = keys_[draw], &list](uint64_t event) {
      return list[below(random_word(key, event), list.size())];
    };
  };
  const auto write_text = [&](auto&& text) {
    fill<TextView>(kind, to, [&](uint64_t event) { return to.arena().add(text(event)); });
  };
  switch (field) {
    case PersonField::kId:
      return fill<int64_t>(kind, to, [](uint64_t event) { return last_person(event) + kFirstId; });
    case PersonField::kName:
      return write_text(
          [&](uint64_t event) { return full_name(random_word(keys_[kPersonName], event)); });
    case PersonField::kEmail: return write_text([&](uint64_t event) { return email(event); });
    case PersonField::kCreditCard:
      return write_text(
          [&](uint64_t event) { return card_number(random_word(keys_[kCard], event)); });
    case PersonField::kCity: return write_text(pick(kCity, kCities));
    case PersonField::kState: return write_text(pick(kState, kStates));
    case PersonField::kDateTime: return write_times(kind, to);
    case PersonField::kExtra:
      return write_text([&](uint64_t event) { return person_extra(event); });
  }
  unreachable();
}

std::string NexmarkRows::email(uint64_t event) const {
  const NexmarkTexts& texts = tables_->texts;
  std::string text(texts.words(random_word(keys_[kEmailUser], event), 7));
  return text.append("@")
      .append(texts.words(random_word(keys_[kEmailHost], event), 5))
      .append(".com");
}

// As long as the reference makes it: the size of the other fields is taken into account, whether
// they are read or not.
std::string_view NexmarkRows::person_extra(uint64_t event) const {
  const size_t name = full_name(random_word(keys_[kPersonName], event)).size();
  const size_t city = kCities[below(random_word(keys_[kCity], event), kCities.size())].size();
  const size_t counted = 8 + name + email(event).size() + 19 + city + 2;
  const uint64_t word = random_word(keys_[kPersonExtra], event);
  return {tables_->texts.letters(word), filler_size(counted, 200, word << 32)};
}

void NexmarkRows::write_auction(size_t field, const KindRows& kind, ColumnWriter& to) const {
  const auto write_text = [&](auto&& text) {
    fill<TextView>(kind, to, [&](uint64_t event) { return to.arena().add(text(event)); });
  };
  switch (field) {
    case AuctionField::kId:
      return fill<int64_t>(kind, to, [](uint64_t event) { return last_auction(event) + kFirstId; });
    case AuctionField::kItemName:
      return write_text([&](uint64_t event) { return item_name(event); });
    case AuctionField::kDescription:
      return write_text([&](uint64_t event) { return description(event); });
    case AuctionField::kInitialBid:
      return fill<int64_t>(kind, to,
                           [&](uint64_t event) { return price(keys_[kInitialBid], event); });
    case AuctionField::kReserve:
      return fill<int64_t>(kind, to, [&](uint64_t event) {
        return price(keys_[kInitialBid], event) + price(keys_[kReserve], event);
      });
    case AuctionField::kDateTime: return write_times(kind, to);
    case AuctionField::kExpires: return write_expiries(kind, to);
    case AuctionField::kSeller:
      return fill<int64_t>(kind, to, [key = keys_[kSeller]](uint64_t event) {
        const uint64_t word = random_word(key, event);
        const bool hot = (word >> 62) != 0;
        return kFirstId + (hot ? hot_id(last_person(event)) : active_person(event, word << 2));
      });
    case AuctionField::kCategory:
      return fill<int64_t>(kind, to, [key = keys_[kCategory]](uint64_t event) {
        return kFirstCategory + static_cast<int64_t>(below(random_word(key, event), 5));
      });
    case AuctionField::kExtra:
      return write_text([&](uint64_t event) { return auction_extra(event); });
  }
  unreachable();
}

void NexmarkRows::write_expiries(const KindRows& kind, ColumnWriter& to) const {
  int64_t* const out = to.values<int64_t>();
  for (size_t i = 0; i < kind.size; ++i) {
    const uint64_t number = numbers_[kind.rows[i]];
    const int64_t horizon = slice_.millis(number + kEventsPerLife) - slice_.millis(number);
    const uint64_t bound = static_cast<uint64_t>(std::max<int64_t>(2 * horizon, 1));
    const uint64_t word = random_word(keys_[kLife], kind.events[i]);
    const int64_t life = 1 + static_cast<int64_t>(below(word, bound));
    out[kind.rows[i]] = slice_.micros(number) + life * 1000;
  }
}

std::string_view NexmarkRows::item_name(uint64_t event) const {
  return tables_->texts.words(random_word(keys_[kItemName], event), 20);
}

std::string_view NexmarkRows::description(uint64_t event) const {
  return tables_->texts.words(random_word(keys_[kDescription], event), 100);
}

std::string_view NexmarkRows::auction_extra(uint64_t event) const {
  const size_t counted = 8 + item_name(event).size() + description(event).size() + 5 * 8;
  const uint64_t word = random_word(keys_[kAuctionExtra], event);
  return {tables_->texts.letters(word), filler_size(counted, 500, word << 32)};
}

int64_t NexmarkRows::price(uint64_t key, uint64_t event) const {
  const double power = tables_->exp2.at(unit(random_word(key, event)) * kLog2OfPrices);
  return static_cast<int64_t>(100.0 * power + 0.5);
}

void NexmarkRows::write_bid(size_t field, const KindRows& kind, ColumnWriter& to) const {
  const NexmarkTexts& texts = tables_->texts;
  switch (field) {
    case BidField::kAuction:
      return fill<int64_t>(kind, to, [key = keys_[kBidAuction]](uint64_t event) {
        const uint64_t word = random_word(key, event);
        const bool hot = (word >> 63) != 0;
        return kFirstId + (hot ? hot_id(last_auction(event)) : open_auction(event, word << 1));
      });
    case BidField::kBidder:
      return fill<int64_t>(kind, to, [this, key = keys_[kBidder]](uint64_t event) {
        const uint64_t word = random_word(key, event);
        const bool hot = (word >> 62) != 0;
        return bidder_offset_ +
               (hot ? hot_id(last_person(event)) + 1 : active_person(event, word << 2));
      });
    case BidField::kPrice:
      return fill<int64_t>(kind, to,
                           [&](uint64_t event) { return price(keys_[kBidPrice], event); });
    case BidField::kChannel:
      return fill<TextView>(kind, to, [&](uint64_t event) {
        return texts.channel(nexmark_channel(random_word(keys_[kChannel], event)));
      });
    case BidField::kUrl: {
      Arena& arena = to.arena();
      return fill<TextView>(kind, to, [&](uint64_t event) {
        const std::string_view url =
            texts.url(nexmark_channel(random_word(keys_[kChannel], event)));
        return copy_text<NexmarkTexts::kUrlRoom>(arena, url.data(), url.size());
      });
    }
    case BidField::kDateTime: return write_times(kind, to);
    case BidField::kExtra: {
      Arena& arena = to.arena();
      return fill<TextView>(kind, to, [&](uint64_t event) {
        const uint64_t word = random_word(keys_[kBidExtra], event);
        const size_t size = 54 + below(word << 32, 28);  // filler_size(32, 100, ...)
        return copy_text<81>(arena, texts.letters(word), size);
      });
    }
  }
  unreachable();
}

}  // namespace weir
