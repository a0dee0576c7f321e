#include "operators/connectors/kafka/marker.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace weir::kafka {

namespace {

constexpr int kAsksMax = 60;
constexpr int kPauseMs = 50;

// Takes `word` and a number from the front of `text`.
template <typename T>
bool take(std::string_view& text, std::string_view word, T& number) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool is_settling(rd_kafka_resp_err_t code) {
  switch (static_cast<int>(code)) {
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR: return true;
    default: return false;
  }
}

// The request may fail as a whole, or for the partition only.
MarkerAnswer answer_of(rd_kafka_resp_err_t outcome, const rd_kafka_topic_partition_t& found) {
  if (outcome == RD_KAFKA_RESP_ERR_NO_ERROR) outcome = found.err;
  if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {.code = outcome, .reason = rd_kafka_err2str(outcome)};
  }
  MarkerAnswer answer;
  if (found.offset < 0) return answer;
  answer.offset = found.offset;
  answer.text.assign(static_cast<const char*>(found.metadata), found.metadata_size);
  return answer;
}

}  // namespace

std::string to_text(const Marker& marker) {
  const std::string text = fmt::format("v1 {} {} {} of {}", marker.id.generation.value(),
                                       marker.id.epoch.value(), marker.chunk, marker.chunks);
  return marker.slots == 1 ? text : fmt::format("{} slots {}", text, marker.slots);
}

Result<Marker> parse_marker(std::string_view text) {
  uint64_t generation = 0;
  uint64_t epoch = 0;
  Marker marker;
  std::string_view rest = text;
  const bool is_read = take(rest, "v1 ", generation) && take(rest, " ", epoch) &&
                       take(rest, " ", marker.chunk) && take(rest, " of ", marker.chunks) &&
                       (rest.empty() || take(rest, " slots ", marker.slots)) && rest.empty() &&
                       marker.chunk <= marker.chunks;
  if (!is_read) {
    return corrupt(
        fmt::format("the marker \"{}\" is none that this release has written: another program "
                    "commits offsets for its group, or a later release ran here",
                    text));
  }
  marker.id = {Generation(generation), Epoch(epoch)};
  return marker;
}

Result<uint32_t> chunks_committed(const std::optional<StoredMarker>& stored, CheckpointId id,
                                  uint32_t chunks, std::string_view where) {
  if (!stored.has_value()) return marker_is_missing(where);
  const Marker& marker = stored->marker;
  if (marker.id.generation > id.generation) return marker_is_ahead(marker, id, where);
  if (marker.id > id) return chunks;  // Delivered before the later one, of the same life.
  if (marker.id < id) {
    // Checkpoints are delivered whole and in order.
    if (marker.chunk == marker.chunks) return uint32_t{0};
    return corrupt(fmt::format(
        "checkpoint generation={} epoch={} is to be delivered, and of an earlier one only a part "
        "is: marker=\"{}\" {}",
        id.generation.value(), id.epoch.value(), to_text(marker), where));
  }
  if (marker.chunks == chunks) return marker.chunk;
  return corrupt(
      fmt::format("the segment of checkpoint generation={} epoch={} has {} chunks, and the marker "
                  "says \"{}\": it is not the segment that was delivered: {}",
                  id.generation.value(), id.epoch.value(), chunks, to_text(marker), where));
}

Status check_marker(const std::optional<StoredMarker>& stored, CheckpointId base, bool may_miss,
                    std::string_view where) {
  if (!stored.has_value() && !may_miss) return marker_is_missing(where);
  if (stored.has_value() && stored->marker.id > base) {
    return marker_is_ahead(stored->marker, base, where);
  }
  return {};
}

std::map<uint32_t, bool> closed_slots(const std::optional<StoredMarker>& own,
                                      const SlotPast& past) {
  const uint32_t counted = own.has_value() ? own->marker.slots : 1;
  std::map<uint32_t, bool> closed;
  for (const uint32_t slot : past.closing) closed[slot] = slot >= counted;
  for (uint32_t slot = past.slots; slot < counted; ++slot) closed.try_emplace(slot, true);
  return closed;
}

Marker opened(const std::optional<StoredMarker>& stored, CheckpointId closed, uint32_t slots) {
  Marker marker = stored.has_value() ? stored->marker : Marker();
  if (closed > marker.id) marker = {.id = closed};
  marker.slots = slots;
  return marker;
}

Error marker_is_missing(std::string_view where) {
  return corrupt(fmt::format(
      "kafka has forgotten what of the output was committed: no marker: {}; it expires after the "
      "brokers' offsets.retention.minutes (7 days unless set) without a commit, or was deleted. "
      "Writing on could double output, so this stops: look in the topic how far the output goes, "
      "then start the job anew (without --from), or with --fork from a savepoint that fits",
      where));
}

Error marker_is_ahead(const Marker& marker, CheckpointId id, std::string_view where) {
  return corrupt(fmt::format(
      "refusing to rewind: output up to generation={} epoch={} is committed in kafka, which is "
      "after the checkpoint generation={} epoch={} that this job goes on from: {}; going on would "
      "write again what readers have seen. Continue from the newest checkpoint; if output is to "
      "be written again, start a new lineage with --fork",
      marker.id.generation.value(), marker.id.epoch.value(), id.generation.value(),
      id.epoch.value(), where));
}

PartitionsPtr marker_offsets(const std::string& topic, const StoredMarker& stored) {
  PartitionsPtr list = one_partition(topic, 0, stored.offset);
  const std::string text = to_text(stored.marker);
  list->elems[0].metadata = ::strdup(text.c_str());  // Freed with the list.
  list->elems[0].metadata_size = text.size();
  return list;
}

Result<std::unique_ptr<MarkerReader>> MarkerReader::make(ClientOptions client,
                                                         const std::string& group) {
  client.type = RD_KAFKA_CONSUMER;
  client.settings = {{"group.id", group},
                     {"enable.auto.commit", "false"},
                     // Offsets are asked for that no open transaction may change.
                     {"isolation.level", "read_committed"}};
  std::unique_ptr<Client> made = TRY(Client::make(std::move(client)));
  return std::unique_ptr<MarkerReader>(new MarkerReader(std::move(made), group));
}

MarkerAnswer MarkerReader::ask(int timeout_ms) {
  MarkerAnswer answer;
  for (int asks = 0; asks < kAsksMax; ++asks) {
    const PartitionsPtr asked = one_partition(client_->topic_name(), 0, RD_KAFKA_OFFSET_INVALID);
    const auto outcome = rd_kafka_committed(client_->handle(), asked.get(), timeout_ms);
    answer = answer_of(outcome, asked->elems[0]);
    rd_kafka_poll(client_->handle(), 0);
    if (!is_settling(answer.code)) break;
    client_->pause(kPauseMs);
  }
  return answer;
}

}  // namespace weir::kafka
